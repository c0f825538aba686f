#!/usr/bin/env node
/**
 * Starts the built program. Everything that needs a newer Node or a build says so here in one sentence.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const entry = new URL('../dist/cli.cjs', import.meta.url);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `memory-mcp needs Node 20.19 or newer; this is ${process.versions.node}. Node 22 or newer is recommended.`,
  );
  process.exit(1);
} else if (!existsSync(entry)) {
  console.error('memory-mcp is not built yet: run "npm run build" in its folder.');
  process.exit(1);
} else {
  await createRequire(import.meta.url)('../dist/cli.cjs').main();
}
