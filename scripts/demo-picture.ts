/**
 * `npx tsx scripts/demo-picture.ts`: runs `memory-mcp demo` and draws what it printed as a terminal, into docs/demo.svg. A test
 * compares the picture with another run.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
export const picture = join(root, 'docs', 'demo.svg');

const columns = 104;
const size = { line: 18, margin: 16, character: 7.8, bar: 30 };
const colours = { background: '#1b1f24', text: '#d4d9de', heading: '#ffffff', call: '#7cc5ff', ok: '#7ee2a0' };

/** What the picture shows, line by line. */
export function linesOf(output: string): string[] {
  return output.trimEnd().split('\n').flatMap(wrap);
}

/** Keys, process ids and folders differ from run to run. */
export function steadied(text: string): string {
  return text
    .replace(/memory_\d{14}(_\d+)?/g, 'memory_KEY')
    .replace(/process \d+/g, 'process PID')
    .replace(/\S*memory-mcp-demo-\w+/g, 'FOLDER');
}

/** The lines of a picture, with what wrapping took apart. */
export function textOf(svg: string): string[] {
  return [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text = '']) =>
    text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  );
}

function wrap(line: string): string[] {
  if (line.length <= columns) return [line];
  const end = line.lastIndexOf(' ', columns);
  return [line.slice(0, end), ...wrap(`    ${line.slice(end + 1)}`)];
}

function draw(lines: readonly string[]): string {
  const width = Math.round(columns * size.character + 2 * size.margin);
  const height = lines.length * size.line + size.bar + size.margin;
  let colour = colours.text;
  const texts = lines.map((line, at) => {
    if (!line.startsWith('    ')) colour = colourOf(line);
    const y = size.bar + (at + 1) * size.line - 5;
    const weight = colour === colours.heading ? ' font-weight="bold"' : '';
    return `<text x="${size.margin}" y="${y}" fill="${colour}"${weight} xml:space="preserve">${escaped(line)}</text>`;
  });
  const lights = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, at) => `<circle cx="${size.margin + 4 + at * 18}" cy="16" r="5" fill="${fill}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13">`,
    '<title>A terminal with the output of memory-mcp demo</title>',
    `<rect width="${width}" height="${height}" rx="8" fill="${colours.background}"/>`,
    ...lights,
    ...texts,
    '</svg>',
    '',
  ].join('\n');
}

function colourOf(line: string): string {
  if (/^\d\. /.test(line) || line.startsWith('$ ')) return colours.heading;
  if (line.startsWith('  > ')) return colours.call;
  return /^ {2}ok: |^All of it/.test(line) ? colours.ok : colours.text;
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** By words alone, so that everybody who has just installed it sees the same. */
export function runDemo(): string {
  const home = mkdtempSync(join(tmpdir(), 'memory-mcp-picture-'));
  try {
    const out = execFileSync(process.execPath, [join(root, 'bin', 'memory-mcp.js'), 'demo'], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: home, USERPROFILE: home, TMPDIR: '/tmp' },
    });
    return `$ memory-mcp demo\n${out}`;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(picture, draw(linesOf(runDemo())));
  console.log(`${picture}: ${textOf(readFileSync(picture, 'utf8')).length} lines`);
}
