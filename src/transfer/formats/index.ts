/** The formats that can be imported, and how the one of an input is found. */
import { MemoryMcpError } from '../../core/errors.ts';
import { quoteForMessage } from '../../core/text/visible-text.ts';
import type { Document } from '../document.ts';
import type { ImportFormat } from '../format.ts';
import type { Input } from '../input.ts';
import { utf8Chunks } from '../utf8.ts';
import { chatgpt } from './chatgpt.ts';
import { claudeAi } from './claude-ai.ts';
import { claudeCode } from './claude-code.ts';
import { jsonLines } from './json-lines.ts';
import { serverMemory } from './server-memory.ts';

/** Those with the narrower rule come first. */
export const importFormats: readonly ImportFormat[] = [serverMemory, claudeCode, claudeAi, chatgpt, jsonLines];

/** Enough for a first line that holds the longest memory. */
const beginningLength = 2 ** 20;

export interface ChosenFormat {
  readonly format: ImportFormat;
  readonly documents: readonly Document[];
}

/** `name` is the one that the user gave. Throws `invalid_input` if the input is in no known format. */
export async function chooseFormat(input: Input, name: string | undefined): Promise<ChosenFormat> {
  const known = importFormats.map((format) => format.name).join(', ');
  if (name !== undefined) {
    const format = importFormats.find((candidate) => candidate.name === name);
    if (format === undefined) {
      throw new MemoryMcpError('invalid_input', `--format ${quoteForMessage(name)} is not known`, {
        hint: `Use one of: ${known}.`,
      });
    }
    const documents = documentsOf(input, format);
    if (documents.length > 0) return { format, documents };
    throw new MemoryMcpError('invalid_input', `${input.path} holds no file of the format ${name}`);
  }
  const beginnings = new Map<Document, string>();
  for (const format of importFormats) {
    const documents = documentsOf(input, format);
    const [first] = documents;
    if (first === undefined) continue;
    const beginning = beginnings.get(first) ?? (await readBeginning(first));
    beginnings.set(first, beginning);
    if (format.recognizes(first.name, beginning)) return { format, documents };
  }
  throw new MemoryMcpError('invalid_input', `${input.path} is in no format that can be imported`, {
    hint: `These can: ${known}. docs/export-import.md describes them, and --format names one. Nothing was imported.`,
  });
}

function documentsOf({ kind, documents }: Input, format: ImportFormat): readonly Document[] {
  return kind === 'file' ? documents : documents.filter(({ name }) => format.documents.test(name));
}

async function readBeginning(document: Document): Promise<string> {
  let text = '';
  for await (const chunk of utf8Chunks(document)) {
    text += chunk.toString('utf8');
    if (text.length >= beginningLength) break;
  }
  return text;
}
