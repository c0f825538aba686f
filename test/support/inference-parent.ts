/**
 * A server that a test can kill: starts the inference process named by its first argument, says so, and waits.
 */
import { localInference, tinyEmbedder } from './inference.ts';

const client = localInference({ command: () => ({ execPath: process.execPath, args: process.argv.slice(2) }) });
await client.load(tinyEmbedder(), { priority: 'interactive' });
process.stdout.write('ready');
// A test that fails must leave nothing behind.
process.stdin.on('end', () => process.exit(1)).resume();
