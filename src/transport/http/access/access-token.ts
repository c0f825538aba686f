/**
 * The access token that a server makes for itself when other machines can reach it and no tokens are configured. It is
 * a file of the data folder, readable by its owner only. Where the folder cannot keep it, it lives as long as the process.
 */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { MemoryMcpError, reasonOf } from '../../../core/errors.ts';
import { pathExists } from '../../../files/path-exists.ts';
import { readRegularFile } from '../../../files/regular-file.ts';
import { replaceFile } from '../../../files/replace-file.ts';

export interface AccessToken {
  /** The token that is valid now. Follows a replacement of the file by another process. */
  readonly current: () => string;
  /** True if it was made now, so that nobody has seen it yet. */
  readonly isNew: boolean;
  /** Why the data folder cannot keep it; undefined if it does. */
  readonly notKept: string | undefined;
}

const tokenForm = /^[0-9a-f]{48}$/;

/** Whether a text could be an access token. Anything else, such as the name of a persona, is no guess at one. */
export function hasTokenForm(text: string): boolean {
  return tokenForm.test(text);
}

/** The token in `file`, or a new one. Never fails: a server that cannot keep its token must start all the same. */
export async function openAccessToken(file: string): Promise<AccessToken> {
  try {
    const kept = readAccessToken(file);
    return {
      current: followFile(file, kept ?? (await replaceAccessToken(file))),
      isNew: kept === undefined,
      notKept: undefined,
    };
  } catch (error) {
    return { current: followFile(file, makeToken()), isNew: true, notKept: reasonOf(error) };
  }
}

/** The token in `file`; undefined if the file is missing or contains none. Throws if it cannot be read. */
export function readAccessToken(file: string): string | undefined {
  if (!pathExists(file)) return undefined;
  const text = readRegularFile(file).trim();
  return hasTokenForm(text) ? text : undefined;
}

/** Writes a new token to `file`. Running servers accept it, and no longer the earlier one, from the next request on. */
export async function replaceAccessToken(file: string): Promise<string> {
  await replaceFile(file, (handle) => handle.writeFile(`${makeToken()}\n`));
  // Read back, because another process may write one at the same time, and the last one stays.
  const token = readAccessToken(file);
  if (token !== undefined) return token;
  throw new MemoryMcpError('backend_unavailable', `${file} was changed by another program while it was written`, {
    hint: 'Try again.',
  });
}

function makeToken(): string {
  return randomBytes(24).toString('hex');
}

/** Reads the file again when it was replaced. While it cannot be read, the last token stays valid. */
function followFile(file: string, first: string): () => string {
  let token = first;
  let seen: string | undefined;
  return () => {
    const state = stateOf(file);
    if (state === undefined || state === seen) return token;
    try {
      token = readAccessToken(file) ?? token;
      seen = state;
    } catch {
      // Another user's file, or one that is being replaced: tried again at the next request.
    }
    return token;
  };
}

/** Changes when the file is replaced or written to. Undefined if it cannot be reached. */
function stateOf(file: string): string | undefined {
  try {
    const { ino, mtimeMs, size } = statSync(file);
    return `${ino}:${mtimeMs}:${size}`;
  } catch {
    return undefined;
  }
}
