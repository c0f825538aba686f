/** The tables of `bench all`: each value beside the multiple of memory-mcp's, and a list of where a peer is ahead. */
import { isGap, type SizeGap, type SizeResult } from './all-measure.ts';
import { median, shown, table } from './report.ts';

/** The first one is memory-mcp. */
export interface Measured {
  readonly title: string;
  readonly results: readonly (SizeResult | SizeGap)[];
}

export interface Cold {
  /** Of `node -e 0`, from spawn to exit. */
  readonly bare: readonly number[];
  readonly rows: readonly { readonly title: string; readonly starts: readonly ColdStart[] }[];
}

interface ColdStart {
  readonly initialized: number;
  readonly listed: number;
  readonly memory: number | undefined;
  readonly tools: number;
  readonly bytes: number;
}

/** A peer is ahead if it needs less than this share of what memory-mcp needs; closer is a draw on a shared machine. */
const clearly = 0.9;

/** Values of which less is better. */
const measures = [
  ['create', 'ms', 1, ({ create }: SizeResult) => create.p50],
  ['search for one note', 'ms', 1, ({ word }: SizeResult) => word.p50],
  ['its reply', 'bytes', 0, ({ word }: SizeResult) => word.bytes],
  ['search for a word of many notes', 'ms', 1, ({ many }: SizeResult) => many.p50],
  ['its reply', 'bytes', 0, ({ many }: SizeResult) => many.bytes],
  ['spawn to first answer', 'ms', 0, ({ firstAnswer }: SizeResult) => firstAnswer],
  ['memory', 'MB', 0, ({ memory }: SizeResult) => memory],
] as const;

function withRatio(value: number | undefined, own: number | undefined, digits: number): string {
  if (value === undefined) return '–';
  return own === undefined || own === 0 ? shown(value, digits) : `${shown(value, digits)} (${shown(value / own, 2)}×)`;
}

export function sizeTable(measured: readonly Measured[], size: number): string {
  const at = ({ results }: Measured) => results.find((result) => result.size === size);
  const own = measured[0] === undefined ? undefined : at(measured[0]);
  const heads = measures.map(([name, unit]) => `${name}, ${unit}`);
  const rows = measured.map((each) => {
    const result = at(each);
    if (result === undefined || isGap(result)) {
      return [each.title, result?.gap ?? 'not run', ...Array(measures.length + 1).fill('')];
    }
    const { word, question } = result;
    return [
      each.title,
      ...measures.map(([, , digits, of]) =>
        withRatio(of(result), own === undefined || isGap(own) ? undefined : of(own), digits),
      ),
      `${word.right}/${word.asked}`,
      `${question.right}/${question.asked}`,
    ];
  });
  return table(['server', ...heads, 'right, by word', 'right, by question'], rows);
}

export function startTable({ bare, rows }: Cold): string {
  const node = median(bare);
  const own = rows[0];
  const of = (row: Cold['rows'][number] | undefined, pick: (start: ColdStart) => number | undefined) =>
    median(row?.starts.flatMap((start) => pick(start) ?? []) ?? []);
  return table(
    ['server', 'handshake, ms', 'least', '× node -e 0', 'tools/list, ms', 'idle, MB', 'tools', 'tools/list, bytes'],
    [
      ['`node -e 0`', shown(node), shown(Math.min(...bare)), '1.00', '', '', '', ''],
      ...rows.map((row) => {
        const handshake = of(row, ({ initialized }) => initialized);
        return [
          row.title,
          withRatio(
            handshake,
            of(own, ({ initialized }) => initialized),
            0,
          ),
          shown(Math.min(...row.starts.map(({ initialized }) => initialized))),
          handshake === undefined || node === undefined ? '–' : shown(handshake / node, 2),
          withRatio(
            of(row, ({ listed }) => listed),
            of(own, ({ listed }) => listed),
            0,
          ),
          withRatio(
            of(row, ({ memory }) => memory),
            of(own, ({ memory }) => memory),
            0,
          ),
          shown(of(row, ({ tools }) => tools)),
          withRatio(
            of(row, ({ bytes }) => bytes),
            of(own, ({ bytes }) => bytes),
            0,
          ),
        ];
      }),
    ],
  );
}

export function eightTable(measured: readonly Measured[], sizes: readonly number[]): string {
  const rows = sizes.flatMap((size) => {
    const own = eightOf(measured[0], size);
    return measured.map((each) => {
      const result = each.results.find((entry) => entry.size === size);
      const eight = eightOf(each, size);
      const { title } = each;
      if (eight === undefined) {
        const gap = result === undefined || isGap(result) ? (result?.gap ?? 'not run') : String(result.eight);
        return [title, String(size), gap, '', '', ''];
      }
      return [
        title,
        String(size),
        withRatio(eight.callsPerSecond, own?.callsPerSecond, 0),
        String(eight.failed),
        `${eight.found}/${eight.acknowledged}`,
        withRatio(eight.memory, own?.memory, 0),
      ];
    });
  });
  return table(['server', 'memories', 'calls/s', 'failed calls', 'kept of acknowledged', 'MB of all eight'], rows);
}

function eightOf(measured: Measured | undefined, size: number) {
  const result = measured?.results.find((entry) => entry.size === size);
  return result === undefined || isGap(result) || typeof result.eight === 'string' ? undefined : result.eight;
}

/** One line for each value in which a peer needs clearly less, or finds more; said by the numbers alone. */
export function leads(measured: readonly Measured[], cold: Cold): string {
  const [own, ...others] = measured;
  const lines: string[] = [];
  for (const result of own?.results ?? []) {
    if (isGap(result)) continue;
    for (const { title, results } of others) {
      const theirs = results.find(({ size }) => size === result.size);
      if (theirs === undefined || isGap(theirs)) continue;
      for (const [name, unit, digits, of] of measures) {
        const [a, b] = [of(theirs), of(result)];
        if (a === undefined || b === undefined || a >= clearly * b) continue;
        const values = `${shown(a, digits)} and ${shown(b, digits)} ${unit}`;
        lines.push(`- ${title} at ${result.size.toLocaleString('en-US')}: ${name}, ${values}${remark(theirs)}.`);
      }
      for (const kind of ['word', 'question'] as const) {
        if (theirs[kind].right <= result[kind].right) continue;
        lines.push(
          `- ${title} at ${result.size.toLocaleString('en-US')}: right answers by ${kind}, ${theirs[kind].right} and ${result[kind].right} of ${result[kind].asked}.`,
        );
      }
      const [a, b] = [eightOf({ title, results }, result.size), eightOf(own, result.size)];
      if (a !== undefined && b !== undefined && b.callsPerSecond < clearly * a.callsPerSecond) {
        lines.push(
          `- ${title} at ${result.size.toLocaleString('en-US')}: eight clients, ${shown(a.callsPerSecond)} and ${shown(b.callsPerSecond)} calls/s; kept ${a.found} of ${a.acknowledged} acknowledged.`,
        );
      }
    }
  }
  for (const { title, starts } of cold.rows.slice(1)) {
    for (const [name, unit, of] of [
      ['handshake on an empty store', 'ms', ({ initialized }: ColdStart) => initialized],
      ['idle on an empty store', 'MB', ({ memory }: ColdStart) => memory],
      ['tools/list', 'bytes', ({ bytes }: ColdStart) => bytes],
    ] as const) {
      const [a, b] = [starts, cold.rows[0]?.starts ?? []].map((each) =>
        median(each.flatMap((start) => of(start) ?? [])),
      );
      if (a !== undefined && b !== undefined && a < clearly * b) {
        lines.push(`- ${title}: ${name}, ${shown(a)} and ${shown(b)} ${unit}.`);
      }
    }
  }
  return lines.length === 0 ? 'Nowhere in this run.' : lines.join('\n');
}

/** A reply without the answer is quickly made. */
function remark({ word }: SizeResult): string {
  return word.right === word.asked ? '' : `; it found ${word.right} of ${word.asked}`;
}
