/**
 * Reads the files in a ZIP archive without extracting it. Names that would leave their folder, links, encrypted files and
 * bombs are refused, and the checksum of every file is compared.
 */
import { closeSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { type Entry, open, type ZipFile } from 'yauzl';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';
import { resolveInside } from '../files/inside-folder.ts';
import { openRegularFile } from '../files/regular-file.ts';
import type { Document } from './document.ts';

/** Text in JSON becomes some ten times smaller; a file beyond this was made to fill a memory or a disk. */
const bombRatio = 200;
const bombBytes = 100_000_000;
const maximumEntries = 1_000_000;
const linkMode = 0o120000;
const typeMask = 0o170000;
/** The compression methods that exports have. */
const [stored, deflated] = [0, 8];

/** Whether the file begins as an archive does, whatever its name. */
export function isZip(path: string): boolean {
  const file = openRegularFile(path);
  try {
    const mark = Buffer.alloc(4);
    readSync(file, mark, 0, 4, 0);
    return mark.equals(Buffer.from('PK\u0003\u0004')) || mark.equals(Buffer.from('PK\u0005\u0006'));
  } finally {
    closeSync(file);
  }
}

export async function openZip(path: string): Promise<{ documents: Document[]; close(): Promise<void> }> {
  const zip = await openFile(path);
  try {
    const documents = (await listEntries(zip, path)).map((entry) => zipDocument(zip, path, entry));
    return {
      documents: documents.sort((one, other) => (one.name < other.name ? -1 : 1)),
      close: async () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function openFile(path: string): Promise<ZipFile> {
  try {
    return await promisify<string, object, ZipFile>(open)(path, { lazyEntries: true, autoClose: false });
  } catch (error) {
    throw damagedArchive(path, error);
  }
}

function listEntries(zip: ZipFile, path: string): Promise<Entry[]> {
  if (zip.entryCount > maximumEntries) throw forbidden(path, `it holds ${zip.entryCount} files`);
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    const names = new Set<string>();
    zip.on('error', (error: Error) => reject(damagedArchive(path, error)));
    zip.on('end', () => resolve(entries));
    zip.on('entry', (entry: Entry) => {
      try {
        if (!entry.fileName.endsWith('/')) {
          entries.push(checkEntry(path, entry));
          // Which of two files of one name is meant, programs do not agree on.
          const name = entry.fileName.normalize('NFC').toLowerCase();
          if (names.has(name)) throw forbidden(path, `${quoteForMessage(entry.fileName)} is in it twice`);
          names.add(name);
        }
        zip.readEntry();
      } catch (error) {
        reject(error);
      }
    });
    zip.readEntry();
  });
}

function checkEntry(path: string, entry: Entry): Entry {
  const { fileName, compressedSize, uncompressedSize, externalFileAttributes, compressionMethod } = entry;
  resolveInside('/', fileName);
  const name = quoteForMessage(fileName);
  if (((externalFileAttributes >>> 16) & typeMask) === linkMode) throw forbidden(path, `${name} in it is a link`);
  if (uncompressedSize > bombBytes && uncompressedSize > bombRatio * compressedSize) {
    throw forbidden(path, `${name} in it would become ${uncompressedSize} bytes out of ${compressedSize}`);
  }
  if (entry.isEncrypted()) throw forbidden(path, `${name} in it is encrypted`);
  if (![stored, deflated].includes(compressionMethod)) {
    throw forbidden(path, `${name} in it has compression method ${compressionMethod}, which is not known`);
  }
  return entry;
}

function zipDocument(zip: ZipFile, path: string, entry: Entry): Document {
  return {
    name: entry.fileName,
    bytes: entry.uncompressedSize,
    modified: entry.getLastModDate(),
    async *open() {
      try {
        const stream = await promisify<Entry, Readable>(zip.openReadStream).call(zip, entry);
        let checksum = 0;
        for await (const chunk of stream) {
          checksum = crc32(chunk, checksum);
          yield chunk;
        }
        if (checksum !== entry.crc32) throw new Error(`the checksum of ${quoteForMessage(entry.fileName)} is wrong`);
      } catch (error) {
        throw error instanceof MemoryMcpError ? error : damagedArchive(path, error);
      }
    },
  };
}

function damagedArchive(path: string, cause: unknown): MemoryMcpError {
  return new MemoryMcpError('corrupt', `${path} is damaged (${reasonOf(cause)})`, {
    hint: 'Nothing was imported. Download or copy the archive again.',
    cause,
  });
}

function forbidden(path: string, what: string): MemoryMcpError {
  return new MemoryMcpError('forbidden', `${path} is refused: ${what}`, { hint: 'Nothing was imported.' });
}
