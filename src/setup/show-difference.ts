/** The difference between two texts, line by line, as a person reads it: `-` goes, `+` comes, with some lines around. */

const around = 3;
/** Longer middles are shown as one block that goes and one that comes. */
const comparedLines = 400;

export function showDifference(before: string, after: string): string[] {
  const [old, changed] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < Math.min(old.length, changed.length) && old[head] === changed[head]) head++;
  let tail = 0;
  while (tail < Math.min(old.length, changed.length) - head && old.at(-1 - tail) === changed.at(-1 - tail)) tail++;
  const middle = compare(old.slice(head, old.length - tail), changed.slice(head, changed.length - tail));
  const end = old.length - tail;
  return [
    ...old.slice(Math.max(0, head - around), head).map((line) => `  ${line}`),
    ...middle,
    ...old.slice(end, end + around).map((line) => `  ${line}`),
  ];
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
}

/** By the longest common subsequence. */
function compare(old: readonly string[], changed: readonly string[]): string[] {
  if (old.length * changed.length > comparedLines ** 2) {
    return [...old.map((line) => `- ${line}`), ...changed.map((line) => `+ ${line}`)];
  }
  const width = changed.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row--) {
    for (let column = changed.length - 1; column >= 0; column--) {
      common[row * width + column] =
        old[row] === changed[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: string[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < changed.length) {
    if (row < old.length && old[row] === changed[column]) {
      lines.push(`  ${old[row++]}`);
      column++;
    } else if (column >= changed.length || (row < old.length && at(row + 1, column) >= at(row, column + 1))) {
      lines.push(`- ${old[row++]}`);
    } else lines.push(`+ ${changed[column++]}`);
  }
  return lines;
}
