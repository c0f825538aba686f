/**
 * The command line: the commands and their flags. The code of a command is loaded only when it runs, which keeps `--help`
 * and `--version` fast.
 */
import './core/interpret-schemas.ts';
import { Command, CommanderError, Option } from 'commander';
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

  program
    .command('backup')
    .description('Write an archive of all personas, or of one. Servers may keep running.')
    .option('--persona <name>', 'only this persona')
    .option('--out <folder>', 'the folder of the archives; by default backups in the data folder')
    .option('--keep <number>', 'keep this many archives of this data folder and remove older ones')
    .option('--verify', 'extract the archive into a temporary folder and check it')
    .option('--config <file>', 'the configuration file; it must exist')
    .option('--json', 'print the result and errors as JSON')
    .addOption(new Option('--scheduled', 'only if backup.every_hours says that one is due').hideHelp())
    .action(async (flags) => {
      const { backup } = await import('./command/backup.ts');
      await backup(flags);
    });

  program
    .command('restore')
    .description('Restore personas from an archive, after checking all of it.')
    .argument('<archive>', 'a memory-backup-*.tar.gz')
    .option('--persona <name>', 'only this persona')
    .option('--as <name>', 'restore the persona under another name')
    .option('--into <folder>', 'another data folder')
    .option('--dry-run', 'check the archive and say what would be restored')
    .option('--force', 'replace existing personas; their files are kept under backups/replaced')
    .option('--config <file>', 'the configuration file; it must exist')
    .option('--json', 'print the result and errors as JSON')
    .action(async (archive, flags) => {
      const { restore } = await import('./command/restore.ts');
      await restore(archive, flags);
    });

  program
    .command('export')
    .description('Write the memories of a persona to a file, or to standard output.')
    .option('--persona <name>', 'whose memories')
    .option('--format <name>', 'json-lines (the default), markdown (one file a memory) or server-memory')
    .option('--out <path>', 'the file to write, or the folder of the notes')
    .option('--deleted', 'include deleted memories')
    .option('--force', 'replace an existing file, or edited notes')
    .option('--config <file>', 'the configuration file; it must exist')
    .option('--json', 'print a receipt and errors as JSON')
    .action(async (flags) => {
      const { exportMemories } = await import('./command/export.ts');
      await exportMemories(flags);
    });

  program
    .command('import')
    .description('Take over memories from a file, a folder or an archive. Importing again adds nothing twice.')
    .argument('<path>', 'what to import')
    .option('--persona <name>', 'whose memories they become')
    .option(
      '--format <name>',
      'json-lines, markdown, server-memory, claude-code, claude-ai or chatgpt, if it is not recognised',
    )
    .option('--dry-run', 'report what would be imported, and write nothing')
    .option('--limit <number>', 'store at most this many new memories')
    .option('--include-secrets', 'import texts that look like keys and passwords too')
    .option('--config <file>', 'the configuration file; it must exist')
    .option('--json', 'print the report and errors as JSON')
    .action(async (path, flags) => {
      const { importFrom } = await import('./command/import.ts');
      await importFrom(path, flags);
    });

  program
    .command('token')
    .description('Show the access token that an HTTP server made for itself, or replace it.')
    .option('--new', 'make a new one; the old one is no longer valid')
    .option('--config <file>', 'the configuration file; it must exist')
    .option('--json', 'print the result and errors as JSON')
    .action(async (flags) => {
      const { showToken } = await import('./command/token.ts');
      await showToken(flags);
    });

  program
    .command('setup')
    .description("Put the server into a client's configuration; without --apply it only shows the difference.")
    .argument('[client]', 'for example claude-code; without it the clients are listed')
    .option('--apply', 'write it, and keep a backup of the file')
    .option('--hooks', 'include the hooks, for clients that have them')
    .option('--undo', 'take it back, hooks included')
    .option('--print', 'print the lines to add by hand')
    .option('--json', 'print the result and errors as JSON')
    .action(async (client, flags) => {
      const { setup } = await import('./command/setup.ts');
      await setup(client, flags);
    });

  program
    .command('demo')
    .description('Show what a memory does, with real operations in a folder of its own. Needs no client.')
    .option('--keep', 'keep the folder, and say where it is')
    .option('--config <file>', 'the configuration file; it must exist')
    .action(async (flags) => {
      const { demo } = await import('./command/demo.ts');
      exitCode = await demo(flags);
    });

  program
    .command('hook')
    .description("Answer an event of an assistant's program with what the memory holds for it. See docs/hooks.md.")
    .argument('[event]', 'session-start, prompt, tool-failure, pre-compact or session-end')
    .option('--client <name>', 'the program that calls, claude-code by default')
    .option('--explain <prompt>', 'say what this prompt would get, and why')
    .option('--persona <name>', 'the persona to use')
    .option('--config <file>', 'the configuration file; it must exist')
    .action(async (event, flags) => {
      const { hook } = await import('./command/hook.ts');
      await hook(event, flags);
    });

  const persona = program.command('persona').description('List, show, rename, copy and delete personas.');
  const personaCommand = (words: string, description: string) =>
    persona
      .command(words)
      .description(description)
      .option('--config <file>', 'the configuration file; it must exist')
      .option('--json', 'print the result and errors as JSON');
  personaCommand('list', 'Each with its size and when it was last used.').action(async (flags) => {
    const { printPersonas } = await import('./command/persona.ts');
    await printPersonas(flags);
  });
  personaCommand('show <name>', 'The figures of one persona.').action(async (name, flags) => {
    const { showPersona } = await import('./command/persona.ts');
    await showPersona(name, flags);
  });
  personaCommand('rename <from> <to>', 'Rename a persona that no program has open.').action(async (from, to, flags) => {
    const { changeName } = await import('./command/persona.ts');
    await changeName(from, to, flags);
  });
  personaCommand('copy <from> <to>', 'Copy a persona. Servers may keep running.').action(async (from, to, flags) => {
    const { copyTo } = await import('./command/persona.ts');
    await copyTo(from, to, flags);
  });
  personaCommand('delete <name>', 'Delete a persona that no program has open, after a backup of it.')
    .option('--yes <name>', 'the name once more, instead of being asked')
    .option('--no-backup', 'make no backup of it first')
    .action(async (name, flags) => {
      const { remove } = await import('./command/persona.ts');
      await remove(name, flags);
    });

  program
    .command('doctor')
    .description('Look at everything that can go wrong, and say what it means and what to do.')
    .option('--fix', 'mend what is derived from the memories; never the memories themselves')
    .option('--config <file>', 'the configuration file; it must exist')
    .option('--json', 'print the findings as JSON')
    .action(async (flags) => {
      const { doctor } = await import('./command/doctor.ts');
      exitCode = await doctor(flags);
    });

  program
    .command('paths')
    .description('Print where everything is, and how to leave.')
    .option('--config <file>', 'the configuration file; it must exist')
    .option('--json', 'print the paths as JSON')
    .action(async (flags) => {
      const { printPaths } = await import('./command/paths.ts');
      await printPaths(flags);
    });

  const migrate = program.command('migrate').description('Bring personas from one place to another.');
  for (const [direction, description] of [
    ['sqlite-to-qdrant', 'Copy the vectors of a persona, with its memories, to Qdrant.'],
    ['qdrant-to-sqlite', 'Copy memories from Qdrant to a persona; what is newer here stays.'],
  ] as const) {
    migrate
      .command(direction)
      .description(description)
      .option('--persona <name>', 'whose memories')
      .option('--dry-run', 'count, and change nothing')
      .option('--config <file>', 'the configuration file; it must exist')
      .option('--json', 'print the result and failures as JSON')
      .action(async (flags) => {
        const { migrateQdrant } = await import('./command/migrate-qdrant.ts');
        await migrateQdrant(direction, flags);
      });
  }

  migrate
    .command('from-original')
    .description('Move personas of the original Python system here. Without --apply, only say what would be done.')
    .argument('[folder]', "a copy of the original's data folder; by default this data folder, in place")
    .option('--persona <name>', 'only this persona')
    .option('--timezone <zone>', 'the zone of times that were written without one, for example Asia/Tokyo')
    .option('--apply', 'do it; in place, the old files are kept in original/')
    .option('--undo', 'put the old files back')
    .option('--finish', 'remove the old files; the move can then no longer be undone')
    .option('--backup', 'with --apply in place: first archive the old files to backups/')
    .option('--force', 'go on although the original may be running, or although something changed since the move')
    .option('--config <file>', 'the configuration file; it must exist')
    .option('--json', 'print the report and failures as JSON')
    .action(async (folder, flags) => {
      const { migrateFromOriginal } = await import('./command/migrate-from-original.ts');
      exitCode = await migrateFromOriginal(folder, flags);
    });

  try {
    // Without arguments and without a terminal, an MCP client has started the program: run the stdio server.
    const words = argv.length === 0 && process.stdin.isTTY !== true ? ['serve', '--stdio'] : [...argv];
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    // For some programs an exit code of 2 means that the prompt of the user is to be refused.
    if (argv[0] === 'hook' && !argv.includes('--explain')) return 0;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return printFailure(error, { json });
  }
  return exitCode;
}

/** The entry point for the launcher. */
export async function main(launcher: Launcher): Promise<void> {
  // Node uses this code if nothing is left to run although `run` has not settled.
  process.exitCode = 1;
  process.exitCode = await run(process.argv.slice(2), launcher).catch((error: unknown) => {
    printNotice(String(error));
    return 1;
  });
  // Open handles, such as a pipe that the client never closed, must not keep the process alive.
  process.exit();
}
