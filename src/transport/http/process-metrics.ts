/**
 * What Prometheus shows about any process, under the names that it has everywhere, and what is open at this moment.
 */
import type { Clock } from '../../core/clock.ts';
import type { Metrics } from './metrics.ts';

export interface ProcessMetricsDeps {
  readonly connections: () => number;
  readonly openPersonas: () => number;
  readonly clock: Clock;
}

export function watchProcess(metrics: Metrics, { connections, openPersonas, clock }: ProcessMetricsDeps): void {
  const started = (clock.now().getTime() - process.uptime() * 1_000) / 1_000;
  metrics.watch('process_start_time_seconds', 'gauge', 'Start of the process, seconds since 1970.', () => started);
  metrics.watch('process_resident_memory_bytes', 'gauge', 'Memory of the process.', () => process.memoryUsage.rss());
  metrics.watch('process_cpu_seconds_total', 'counter', 'Time on the CPU.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.watch('memory_mcp_http_connections', 'gauge', 'Open connections.', connections);
  metrics.watch('memory_mcp_open_personas', 'gauge', 'Personas whose databases are open.', openPersonas);
}
