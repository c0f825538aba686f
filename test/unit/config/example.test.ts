import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  describeFlags,
  renderExample,
  renderSettingsTable,
  renderVariablesTable,
} from '../../../src/config/example.ts';
import { settings } from '../../../src/config/schema.ts';
import { createMachine } from './machine.ts';

/** What has no effect yet is not documented. */
const documented = settings.filter(({ unused }) => unused !== true);

describe('config.example.json', () => {
  it('is what the schema renders', () => {
    expect(readFileSync(join(import.meta.dirname, '../../../config.example.json'), 'utf8')).toBe(renderExample());
  });

  it('loads without a warning and changes nothing', async () => {
    const { load, write } = createMachine();
    const { configuration: plain } = await load();
    const { configuration, warnings } = await load({ flags: { config: write('config.json', renderExample()) } });
    expect(configuration).toEqual(plain);
    expect(warnings).toEqual([]);
  });

  it('holds every setting, with null for what has no default', () => {
    const example = JSON.parse(renderExample());
    for (const { path } of documented) {
      expect(path.reduce((inner, step) => inner[step], example)).not.toBeUndefined();
    }
    expect(example).toMatchObject({ server_port: 8000, timezone: null, vector_rebuild: { mode: 'idle' } });
  });
});

describe('the tables', () => {
  it('have one row of five cells for each setting', () => {
    const rows = renderSettingsTable().trimEnd().split('\n');
    expect(rows).toHaveLength(documented.length + 2);
    for (const row of rows) expect(row.split(' | ')).toHaveLength(5);
    expect(rows).toContain(
      '| `vector_rebuild.min_interval` | `MEMORY_MCP_VECTOR_REBUILD_MIN_INTERVAL` | `120` | Minimum seconds between two writes of it. | yes |',
    );
    expect(renderSettingsTable()).toContain('`MEMORY_MCP_EMBEDDINGS_DEVICE` or `EMBEDDINGS_DEVICE`');
  });

  it('name the variables that are no settings', () => {
    for (const name of ['MEMORY_MCP_DATA_DIR', 'MEMORY_MCP_CONFIG_PATH', 'MEMORY_MCP_AUTH_TOKENS_FILE', 'HF_HOME']) {
      expect(renderVariablesTable()).toContain(`| \`${name}\` |`);
    }
  });
});

describe('the flags of serve', () => {
  it('are those that the loader takes, each with its help', () => {
    const flags = describeFlags();
    expect(flags.map(({ flag }) => flag.split(' ')[0]).sort()).toEqual([
      '--config',
      '--host',
      '--persona',
      '--port',
      '--tools',
    ]);
    expect(flags.find(({ flag }) => flag.startsWith('--port'))?.description).toContain('8000');
  });
});
