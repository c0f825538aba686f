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
import { markdown } from './markdown.ts';
import { serverMemory } from './server-memory.ts';

/** Those with the narrower rule come first. */
export const importFormats: readonly ImportFormat[] = [
  serverMemory,
  claudeCode,
  claudeAi,
  chatgpt,
  jsonLines,
  markdown,
];

/** Enough for a first line that holds the longest memory. */
const beginningLength = 2 ** 20;

export interface ChosenFormat {
  readonly format: ImportFormat;
  readonly documents: readonly Document[];
  /** Files of a folder or an archive that have a name as of the format and are something else, and why they are not read. */
  readonly unrecognized: readonly { readonly name: string; readonly reason: string }[];
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
    if (documents.length > 0) return { format, documents, unrecognized: [] };
    throw new MemoryMcpError('invalid_input', `${input.path} holds no file of the format ${name}`);
  }
  const recognized = await recognizeAll(input);
  for (const format of importFormats) {
    const candidates = documentsOf(input, format);
    const documents = candidates.filter((document) => recognized.get(document)?.formats.has(format));
    if (documents.length === 0) continue;
    const others = candidates.filter((document) => recognized.get(document)?.formats.has(format) !== true);
    const reasonFor = (document: Document) =>
      recognized.get(document)?.problem ?? `a file that is not in the format ${format.name}`;
    return { format, documents, unrecognized: others.map((one) => ({ name: one.name, reason: reasonFor(one) })) };
  }
  if (input.kind === 'file' && input.documents.every(({ bytes }) => bytes === 0)) {
    throw new MemoryMcpError('invalid_input', `${input.path} is empty; nothing was imported`);
  }
  const [problem] = [...recognized.values()].flatMap(({ problem: found }) => (found === undefined ? [] : [found]));
  const also = problem === undefined ? '' : ` One file was not read: ${problem}.`;
  throw new MemoryMcpError('invalid_input', `${input.path} is in no format that can be imported`, {
    hint: `These can: ${known}. docs/export-import.md describes them. Texts of your own: one JSON object a line, such as {"content": "…"}.${also} Nothing was imported.`,
  });
}

interface Recognition {
  readonly formats: ReadonlySet<ImportFormat>;
  /** Why it could not be read. */
  readonly problem?: string;
}

async function recognizeAll(input: Input): Promise<ReadonlyMap<Document, Recognition>> {
  const found = new Map<Document, Recognition>();
  for (const document of input.documents) {
    const formats = importFormats.filter((format) => isCandidate(input.kind, document, format));
    if (formats.length > 0) found.set(document, await recognize(document, formats, input.kind));
  }
  return found;
}

async function recognize(
  document: Document,
  formats: readonly ImportFormat[],
  kind: Input['kind'],
): Promise<Recognition> {
  try {
    const beginning = await readBeginning(document);
    return { formats: new Set(formats.filter((format) => format.recognizes(document.name, beginning))) };
  } catch (error) {
    // A file in another encoding must not keep the others of its folder out.
    if (kind !== 'folder' || !(error instanceof MemoryMcpError)) throw error;
    return { formats: new Set(), problem: error.message };
  }
}

function documentsOf({ kind, documents }: Input, format: ImportFormat): readonly Document[] {
  return documents.filter((document) => isCandidate(kind, document, format));
}

function isCandidate(kind: Input['kind'], { name }: Document, format: ImportFormat): boolean {
  return kind === 'file' || format.documents.test(name);
}

async function readBeginning(document: Document): Promise<string> {
  let text = '';
  for await (const chunk of utf8Chunks(document)) {
    text += chunk.toString('utf8');
    if (text.length >= beginningLength) break;
  }
  return text;
}
