/**
 * Parses YAML with the loader that cosmiconfig brings along. Only the loader is used: an explorer of cosmiconfig reads
 * package.json and .config/ of the working directory, and would run a .config/config.js that it finds there.
 */
import { reasonOf } from '../core/errors.ts';

/** The text is not YAML. Quotes nothing of it, because it may hold a secret. */
export class InvalidYaml extends Error {
  /** Counts from 1. */
  readonly line: number;

  constructor(cause: unknown) {
    // The loader's message names a file first, then the reason and its position; the lines that follow quote the text.
    const [, reason = 'it cannot be parsed'] = reasonOf(cause).split('\n');
    super(reason, { cause });
    this.line = Number(/\((\d+):\d+\)/.exec(reason)?.[1] ?? 1);
  }
}

/** Throws `InvalidYaml`. */
export async function parseYaml(text: string): Promise<unknown> {
  const { defaultLoadersSync } = await import('cosmiconfig');
  try {
    return defaultLoadersSync['.yaml']('', text);
  } catch (error) {
    throw new InvalidYaml(error);
  }
}
