/**
 * Counts and durations for Prometheus, in its text format 0.0.4. Labels contain only our own words (routes, statuses,
 * operation names), never a persona, a token or a value from a client.
 */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics() {
  const requests = createHistogram('memory_mcp_http_request_duration_seconds', 'HTTP requests by route and status.');
  const operations = createHistogram('memory_mcp_operation_duration_seconds', 'Operations by name and outcome.');
  const registered: { name: string; type: string; help: string; read: () => number }[] = [];
  return {
    recordRequest: (labels: { route: string; status: number }, seconds: number): void =>
      requests.observe(labels, seconds),
    recordOperation: (labels: { operation: string; via: string; outcome: string }, seconds: number): void =>
      operations.observe(labels, seconds),
    /** Registers a value that is read when the metrics are rendered. */
    register: (name: string, type: 'gauge' | 'counter', help: string, read: () => number): void =>
      void registered.push({ name, type, help, read }),
    render(): string {
      const values = registered.flatMap(({ name, type, help, read }) => [
        ...renderHeading(name, type, help),
        `${name} ${read()}`,
      ]);
      return `${[...values, ...requests.render(), ...operations.render()].join('\n')}\n`;
    },
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

interface Series {
  /** For each bound, the number of observations up to it. */
  readonly counts: number[];
  sum: number;
  count: number;
}

function createHistogram(name: string, help: string) {
  const series = new Map<string, Series>();
  return {
    observe(labels: Readonly<Record<string, string | number>>, seconds: number): void {
      const key = Object.entries(labels)
        .map(([label, value]) => `${label}="${value}"`)
        .join(',');
      const own = series.get(key) ?? { counts: bounds.map(() => 0), sum: 0, count: 0 };
      series.set(key, own);
      own.count += 1;
      own.sum += seconds;
      for (const [index, bound] of bounds.entries())
        if (seconds <= bound) own.counts[index] = (own.counts[index] ?? 0) + 1;
    },
    render(): string[] {
      const lines = [...series].flatMap(([labels, { counts, sum, count }]) => [
        ...bounds.map((bound, index) => `${name}_bucket{${labels},le="${bound}"} ${counts[index]}`),
        `${name}_bucket{${labels},le="+Inf"} ${count}`,
        `${name}_sum{${labels}} ${sum}`,
        `${name}_count{${labels}} ${count}`,
      ]);
      return lines.length === 0 ? [] : [...renderHeading(name, 'histogram', help), ...lines];
    },
  };
}

function renderHeading(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}
