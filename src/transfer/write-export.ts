/** Writes exports: as a file that appears when it is complete, or to a stream. */
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { pathExists } from '../files/path-exists.ts';
import { replaceFile } from '../files/replace-file.ts';

/** Collects small texts before they are written. */
const bufferCharacters = 65_536;

/** Returns the number of bytes. The file is private, and never replaces another one unless `force` says so. */
export async function writeExportFile(
  path: string,
  texts: AsyncIterable<string>,
  { force }: { force: boolean },
): Promise<number> {
  if (!force && pathExists(path)) {
    throw new MemoryMcpError('conflict', `${path} exists already`, {
      hint: 'Choose another name, or use --force to replace it.',
    });
  }
  let bytes = 0;
  try {
    await replaceFile(path, async (file) => {
      for await (const text of inLargeParts(texts)) {
        const part = Buffer.from(text);
        bytes += part.length;
        await file.writeFile(part);
      }
    });
  } catch (error) {
    throw describeFailure(error, path);
  }
  return bytes;
}

export async function writeExport(write: (text: string) => Promise<void>, texts: AsyncIterable<string>): Promise<void> {
  for await (const text of inLargeParts(texts)) await write(text);
}

async function* inLargeParts(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let part = '';
  for await (const text of texts) {
    part += text;
    if (part.length < bufferCharacters) continue;
    yield part;
    part = '';
  }
  if (part !== '') yield part;
}

function describeFailure(error: unknown, path: string): unknown {
  if (error instanceof MemoryMcpError || codeOf(error) === undefined) return error;
  return new MemoryMcpError('backend_unavailable', `The export could not be written to ${path} (${reasonOf(error)})`, {
    hint: 'Check the free space and the permissions there. Nothing was left behind.',
    cause: error,
  });
}
