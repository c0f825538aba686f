/**
 * Process metrics under their standard Prometheus names, and the number of open connections and personas.
 */
import type { Clock } from '../../core/clock.ts';
import type { Metrics } from './metrics.ts';

export interface ProcessMetricsDeps {
  readonly connections: () => number;
  readonly openPersonas: () => number;
  readonly clock: Clock;
}

export function registerProcessMetrics(
  metrics: Metrics,
  { connections, openPersonas, clock }: ProcessMetricsDeps,
): void {
  const started = (clock.now().getTime() - process.uptime() * 1_000) / 1_000;
  metrics.register('process_start_time_seconds', 'gauge', 'Start of the process, seconds since 1970.', () => started);
  metrics.register('process_resident_memory_bytes', 'gauge', 'Memory of the process.', () => process.memoryUsage.rss());
  metrics.register('process_cpu_seconds_total', 'counter', 'Time on the CPU.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.register('memory_mcp_http_connections', 'gauge', 'Open connections.', connections);
  metrics.register('memory_mcp_open_personas', 'gauge', 'Personas whose databases are open.', openPersonas);
}
