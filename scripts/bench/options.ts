/**
 * How every benchmark reads what is typed after its name. `--help` ends the reading: the options are printed with what
 * they are for, and nothing is measured.
 */
import { parseArgs } from 'node:util';

interface Described {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly default?: string | boolean | string[];
  readonly help: string;
  /** What stands for the value: DIR, N. */
  readonly value?: string;
}

export type Options = Readonly<Record<string, Described>>;

/** The user asked for help; `message` is the list of options. */
export class HelpAsked extends Error {
  override readonly name = 'HelpAsked';
}

/** What was typed cannot be followed; `message` says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Values<Known extends Options> = ReturnType<typeof parseArgs<{ args: string[]; options: Known }>>['values'];

/** The values of the options; `HelpAsked` where help is wanted, `UsageError` for an option that there is not. */
export function readOptions<const Known extends Options>(args: readonly string[], options: Known): Values<Known> {
  endWithHelp(args, Object.entries(options).map(describeOption));
  return following(() => parseArgs({ args: [...args], options }).values);
}

/** The same for a benchmark that takes words instead of options. `value` stands for them in the help. */
export function readWords(args: readonly string[], { value, help }: { value: string; help: string }): string[] {
  endWithHelp(args, [[value, help]]);
  return following(() => parseArgs({ args: [...args], options: {}, allowPositionals: true }).positionals);
}

function endWithHelp(args: readonly string[], entries: readonly (readonly [string, string])[]): void {
  if (!args.some((word) => word === '--help' || word === '-h')) return;
  const width = Math.max(0, ...entries.map(([form]) => form.length));
  throw new HelpAsked(entries.map(([form, help]) => `  ${form.padEnd(width)}  ${help}`.trimEnd()).join('\n'));
}

function describeOption([name, { type, value, help, multiple = false, default: usual }]: [string, Described]) {
  const form = type === 'boolean' ? `--${name}` : `--${name} ${value ?? 'TEXT'}`;
  const told = typeof usual === 'string' && usual !== '' ? `; ${usual} by default` : '';
  return [form, `${help}${multiple ? '; may be given several times' : ''}${told}`] as const;
}

function following<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
      throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
