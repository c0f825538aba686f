/**
 * The command line: the commands and their flags. The code of a command is loaded only when it runs, which keeps `--help`
 * and `--version` fast.
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
    .showHelpAfterError('Run "memory-mcp --help" for a list of commands.');

  const serve = program
    .command('serve')
    .description('Run a server: --stdio for the client that starts it, --http for many clients.')
    .option('--stdio', 'speak MCP on standard input and output (the default)')
    .option('--http', 'serve MCP, the API and the browser pages on --host and --port');
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
    .option('--persona <name>', 'the persona to use')
    .option('--config <file>', 'the configuration file; it must exist')
    .option('--json', 'print errors as JSON too')
    .action(async (operation, argumentsText, flags) => {
      const { call } = await import('./command/call.ts');
      await call(operation, argumentsText, flags);
    });

  program
    .command('download-models')
    .description('Download and test the configured models, or the given ones.')
    .option('--model <id>', 'the embedding model to download')
    .option('--reranker <id>', 'the reranker to download')
    .option('--to <folder>', 'the target folder, for example to copy the models to another machine')
    .option('--force', 'download files again that are already there')
    .option('--config <file>', 'the configuration file; it must exist')
    .option('--json', 'print the result and errors as JSON')
    .action(async (flags) => {
      const { downloadModels } = await import('./command/download-models.ts');
      await downloadModels(flags);
    });

  try {
    // Without arguments and without a terminal, an MCP client has started the program: run the stdio server.
    const words = argv.length === 0 && process.stdin.isTTY !== true ? ['serve', '--stdio'] : [...argv];
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return printFailure(error, { json });
  }
  return exitCode;
}

/** The entry point for the launcher. */
export async function main(launcher: Launcher): Promise<void> {
  process.exitCode = await run(process.argv.slice(2), launcher).catch((error: unknown) => {
    printNotice(String(error));
    return 1;
  });
  // Open handles, such as a pipe that the client never closed, must not keep the process alive.
  process.exit();
}
