/**
 * `npm run bench -- <name> [arguments]`: runs one benchmark, each a file beside this one that exports `run`. They print
 * Markdown with the machine, the versions and the command, so that a table can be quoted and made again.
 */
import { benches } from './catalogue.ts';
import { HelpAsked, UsageError } from './options.ts';

const [name = '', ...args] = process.argv.slice(2);
const what = benches[name];
if (what === undefined) {
  console.error('Usage: npm run bench -- <name> [arguments], or <name> --help\n');
  for (const [known, about] of Object.entries(benches)) console.error(`  ${known.padEnd(13)} ${about}`);
  process.exitCode = 2;
} else {
  const bench: { run(args: string[]): Promise<void> } = await import(`./${name}.ts`);
  await bench.run(args).catch((error: unknown) => {
    if (error instanceof HelpAsked) {
      console.log(`npm run bench -- ${name}: ${what}\n\n${error.message}`);
    } else if (error instanceof UsageError) {
      console.error(`bench: ${error.message}\nnpm run bench -- ${name} --help shows what it takes`);
      process.exitCode = 2;
    } else throw error;
  });
}
