/**
 * The command line: which verbs there are and what their flags are called. Each verb is loaded when it is used, so that
 * help and version cost nothing.
 */
import './core/interpret-schemas.ts';
import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { printFailure, printNotice } from './command/output.ts';
import type { Launcher } from './command/serve.ts';
import { describeFlags } from './config/example.ts';

/** Runs the program and resolves with its exit code. */
export async function run(argv: readonly string[], launcher: Launcher): Promise<number> {
  let exitCode = 0;
  const json = argv.includes('--json');
  const program = new Command('memory-mcp')
    .description('A local memory for AI assistants, over the Model Context Protocol.')
    .version(manifest.version)
    .exitOverride()
    .showHelpAfterError('Run "memory-mcp --help" to see what there is.');

  const serve = program
    .command('serve')
    .description('Run a server: --stdio for one client that starts it, --http for many.')
    .option('--stdio', 'speak MCP on standard input and output (the default)')
    .option('--http', 'listen for MCP, the API and the browser on --host and --port');
  for (const { flag, description } of describeFlags()) serve.option(flag, description);
  serve.action(async (flags) => {
    const { serve: runServer } = await import('./command/serve.ts');
    exitCode = await runServer(flags, manifest.version, launcher);
  });

  program
    .command('call')
    .description('Run one operation and print its result as JSON.')
    .argument('<operation>', 'its name, for example memory_search')
    .argument('[arguments]', 'a JSON object, or - to read it from standard input')
    .option('--persona <name>', 'whose memories')
    .option('--config <file>', 'the configuration file; it must exist')
    .option('--json', 'print failures as JSON too')
    .action(async (operation, argumentsText, flags) => {
      const { call } = await import('./command/call.ts');
      await call(operation, argumentsText, flags);
    });

  program
    .command('download-models')
    .description('Fetch the models of the configuration, or those named, and try them out.')
    .option('--model <id>', 'this embedding model instead')
    .option('--reranker <id>', 'this reranker instead')
    .option('--to <folder>', 'where to put them, to be carried to another machine')
    .option('--force', 'fetch again what is here already')
    .option('--config <file>', 'the configuration file; it must exist')
    .option('--json', 'print the result and failures as JSON')
    .action(async (flags) => {
      const { downloadModels } = await import('./command/download-models.ts');
      await downloadModels(flags);
    });

  try {
    // A client that starts the program without a word means the server it can talk to.
    const words = argv.length === 0 && process.stdin.isTTY !== true ? ['serve', '--stdio'] : [...argv];
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return printFailure(error, { json });
  }
  return exitCode;
}

/** What the launcher calls. */
export async function main(launcher: Launcher): Promise<void> {
  process.exitCode = await run(process.argv.slice(2), launcher).catch((error: unknown) => {
    printNotice(String(error));
    return 1;
  });
  // Handles of a client that never closed its end must not keep a finished program alive.
  process.exit();
}
