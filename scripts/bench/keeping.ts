/**
 * Backups and imports of a large store, each beside the plain way of doing the same in the same run: `tar czf` of the data
 * folder, and a client that creates one memory after the other. Read the ratios; the times depend on the machine.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertBuilt, benchFolder, callTool, environmentOf, memoryMcp, program } from './contestants.ts';
import { startMemoryMcp } from './memory-mcp-server.ts';
import { readOptions } from './options.ts';
import { circumstances, shown, table } from './report.ts';
import { searchNoteOf } from './search-notes.ts';

interface Place {
  readonly folder: string;
  readonly size: number;
}

/** Imports `size` memories into an empty folder; with `created` also creates that many one by one. */
export async function benchImport(args: string[]): Promise<void> {
  const values = readOptions(args, {
    size: { type: 'string', value: 'N', default: '100000', help: 'how many memories are imported' },
    created: { type: 'string', value: 'N', default: '2000', help: 'how many are created one by one' },
  });
  const created = Number(values.created);
  await inFolder(Number(values.size), async (place) => {
    const imported = importNotes(place);
    const again = seconds(() => runCommand(place, 'import', join(place.folder, 'notes.jsonl')));
    const other = join(place.folder, 'loop');
    mkdirSync(other);
    const server = await startMemoryMcp({ folder: other, model: 'none' });
    const began = performance.now();
    for (let number = 0; number < created; number++) await callTool(server, memoryMcp.create(noteOf(number)));
    const loop = (performance.now() - began) / 1_000;
    await server.end();
    const each = (time: number, count: number) => shown((time * 1_000) / count, 2);
    console.log(
      table(
        ['', 'Memories', 'Seconds', 'Milliseconds each'],
        [
          ['`import`', String(place.size), shown(imported, 1), each(imported, place.size)],
          ['the same again', String(place.size), shown(again, 1), each(again, place.size)],
          ['`memory_create`, one after the other', String(created), shown(loop, 1), each(loop, created)],
        ],
      ),
    );
    console.log(`\nA create takes ${shown(loop / created / (imported / place.size), 1)} times as long as an import.\n`);
    console.log(circumstances({ command: ['npm run bench -- import', ...args].join(' '), folder: place.folder }));
  });
}

export async function benchBackup(args: string[]): Promise<void> {
  const values = readOptions(args, {
    size: { type: 'string', value: 'N', default: '100000', help: 'how many memories' },
  });
  await inFolder(Number(values.size), async (place) => {
    importNotes(place);
    const archive = (verify: readonly string[]) => {
      let file = '';
      const time = seconds(() => {
        file = JSON.parse(runCommand(place, 'backup', '--json', ...verify)).archive;
      });
      return { time, bytes: statSync(file).size };
    };
    const plain = archive([]);
    const verified = archive(['--verify']);
    const tarred = join(place.folder, 'plain.tar.gz');
    const memory = join(place.folder, 'data');
    const tar = seconds(() => execFileSync('tar', ['czf', tarred, '-C', memory, 'memory']));
    const row = (name: string, time: number, bytes: number) => [
      name,
      shown(time, 1),
      shown(bytes / 1_000_000, 1),
      shown(time / tar, 2),
      shown(bytes / statSync(tarred).size, 2),
    ];
    console.log(
      table(
        ['', 'Seconds', 'MB', 'Seconds of `tar czf` = 1', 'Bytes of `tar czf` = 1'],
        [
          row('`backup`', plain.time, plain.bytes),
          row('`backup --verify`', verified.time, verified.bytes),
          row('`tar czf`, which copies no consistent state', tar, statSync(tarred).size),
        ],
      ),
    );
    console.log(`\n${place.size} memories.\n`);
    console.log(circumstances({ command: ['npm run bench -- backup', ...args].join(' '), folder: place.folder }));
  });
}

async function inFolder(size: number, work: (place: Place) => Promise<void>): Promise<void> {
  assertBuilt();
  mkdirSync(benchFolder, { recursive: true });
  const folder = mkdtempSync(join(benchFolder, 'keeping-'));
  try {
    await work({ folder, size });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const noteOf = (number: number) => ({ ...searchNoteOf(number), tags: [number % 2 === 0 ? 'english' : 'japanese'] });

/** Returns the seconds that the command took. */
function importNotes(place: Place): number {
  const file = join(place.folder, 'notes.jsonl');
  const lines = Array.from({ length: place.size }, (_, number) => {
    const { content, tags } = noteOf(number);
    return `${JSON.stringify({ content: `${content} ${number}`, tags })}\n`;
  });
  writeFileSync(file, lines.join(''));
  return seconds(() => runCommand(place, 'import', file));
}

function runCommand({ folder }: Place, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [program, ...args], {
    env: { ...environmentOf(memoryMcp, folder), MEMORY_MCP_EMBEDDINGS_MODEL: 'none' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function seconds(work: () => void): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1_000;
}
