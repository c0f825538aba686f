/**
 * How much of a session the server takes: what a model reads of the tools, the instructions, a search and get_context,
 * with five short memories in Japanese and five in English. Each beside the most that it may be.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { assertBuilt, benchFolder, callTool, environmentOf, memoryMcp, program, textOf } from './contestants.ts';
import { readOptions } from './options.ts';
import { circumstances, table } from './report.ts';
import { initialize, startServer } from './stdio-client.ts';

const memories: Readonly<Record<string, readonly string[]>> = {
  English: ['Kyoto', 'Osaka', 'Nara', 'Kobe', 'Uji'].map((place) => `We walked through ${place} in the rain.`),
  Japanese: ['湯呑み', '花瓶', '茶碗', '皿', '急須'].map((thing) => `陶芸教室で${thing}を作った`),
};
const questions: Readonly<Record<string, string>> = { English: 'walked in the rain', Japanese: '陶芸教室' };

const initialized = z.object({ instructions: z.string() });

export async function run(args: string[]): Promise<void> {
  const { tools } = readOptions(args, {
    tools: { type: 'string', value: 'SET', default: 'core', help: 'core, full or read-only' },
  });
  assertBuilt();
  mkdirSync(benchFolder, { recursive: true });
  const folder = mkdtempSync(join(benchFolder, 'sizes-'));
  try {
    const rows: string[][] = [];
    const add = (what: string, size: number, limit: number, unit = 'bytes') =>
      rows.push([what, `${size}`, `${limit}`, unit, size > limit ? 'too large' : 'yes']);
    for (const [language, contents] of Object.entries(memories)) {
      const home = join(folder, language);
      mkdirSync(home);
      const environment = {
        ...environmentOf(memoryMcp, home),
        MEMORY_MCP_EMBEDDINGS_MODEL: 'none',
        MEMORY_MCP_TOOLS: tools,
      };
      const server = startServer({ file: program, args: memoryMcp.args ?? [], folder: home, environment });
      const { instructions } = initialized.parse((await initialize(server)).result);
      server.notify('notifications/initialized');
      const sizeOf = async (name: string, args: Record<string, unknown>) =>
        Buffer.byteLength(textOf(await callTool(server, { name, arguments: args })));
      if (rows.length === 0) {
        const { result } = await server.request('tools/list', {});
        add(`tools/list, ${tools} set`, Buffer.byteLength(JSON.stringify(result)), 10_000);
        add('instructions', instructions.length, 1_000, 'characters');
      }
      for (const content of contents) await sizeOf('memory_create', { content });
      add(
        `search, five short memories in ${language}`,
        await sizeOf('memory_search', { query: questions[language] }),
        3_000,
      );
      add(`get_context, five short memories in ${language}`, await sizeOf('get_context', {}), 1_200);
      await server.end();
    }
    console.log(table(['What a model reads', 'size', 'limit', 'in', 'within'], rows));
    console.log(`\n${circumstances({ command: ['npm run bench -- sizes', ...args].join(' '), folder: benchFolder })}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
