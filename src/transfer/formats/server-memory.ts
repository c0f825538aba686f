/**
 * The file of @modelcontextprotocol/server-memory: JSON Lines of entities with observations, and of relations between
 * them (https://github.com/modelcontextprotocol/servers/tree/main/src/memory). Each observation and each relation becomes
 * a memory, because each is one fact.
 */
import * as z from 'zod';
import type { Memory } from '../../core/memory.ts';
import { tagLimit } from '../../core/memory-fields.ts';
import type { ExportContent } from '../export-content.ts';
import { foreignMemory } from '../foreign-memory.ts';
import type { ImportFormat, ImportItem, Reading } from '../format.ts';
import { damaged, linesOf, parseJson } from '../lines.ts';
import { firstObject } from './first-object.ts';

const kind = 'server-memory';
const record = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('entity'),
    name: z.string(),
    entityType: z.string(),
    observations: z.array(z.string()),
  }),
  z.looseObject({ type: z.literal('relation'), from: z.string(), to: z.string(), relationType: z.string() }),
]);

export const serverMemory: ImportFormat = {
  name: kind,
  title: 'File of @modelcontextprotocol/server-memory',
  documents: /(^|\/)memory[^/]*\.jsonl?$/i,
  recognizes: (_name, beginning) => record.safeParse(firstObject(beginning)).success,
  async *read(document, reading) {
    for await (const { number, text } of linesOf(document)) {
      const place = `line ${number}`;
      const parsed = record.safeParse(parseJson(document, place, text));
      if (!parsed.success) throw damaged(document, place, 'it is neither an entity nor a relation');
      yield* itemsOf(parsed.data, place, reading);
    }
  },
};

function* itemsOf(found: z.output<typeof record>, place: string, reading: Reading): Generator<ImportItem> {
  if (found.type === 'relation') {
    const { from, to, relationType } = found;
    const fields = { content: `${from} ${relationType} ${to}`, tags: tagsOf([from, to]) };
    yield foreignMemory({ place, kind, fields, id: JSON.stringify(['relation', from, relationType, to]) }, reading);
    return;
  }
  const { name, entityType, observations } = found;
  const tags = tagsOf([name, entityType]);
  if (observations.length === 0) {
    yield foreignMemory(
      { place, kind, fields: { content: `${name} (${entityType})`, tags }, id: JSON.stringify(['entity', name]) },
      reading,
    );
  }
  for (const observation of observations) {
    const id = JSON.stringify(['observation', name, observation]);
    yield foreignMemory({ place, kind, fields: { content: `${name}: ${observation}`, tags }, id }, reading);
  }
}

function tagsOf(names: readonly string[]): string[] {
  return names.map((name) => name.trim()).filter((name) => name !== '' && name.length <= tagLimit.length);
}
/**
 * The lines of a graph. A memory that came from such a file becomes what it was there; any other becomes an entity with
 * its key as the name, its tags as the type and its text as the observation. Versions, states and times have no place.
 */
export async function* writeServerMemory(content: ExportContent): AsyncGenerator<string> {
  const entities = new Map<string, { entityType: string; observations: Set<string> }>();
  const relations: string[] = [];
  const observe = (name: string, entityType: string, observation?: string) => {
    const entity = entities.get(name) ?? { entityType, observations: new Set<string>() };
    if (observation !== undefined) entity.observations.add(observation);
    entities.set(name, entity);
  };
  for await (const { memory } of content.memories()) {
    const origin = memory.source === `import:${kind}` ? originOf(memory) : undefined;
    if (origin === undefined) observe(memory.key, memory.tags.join(', ') || 'memory', memory.content);
    else if ('relationType' in origin) relations.push(line({ type: 'relation', ...origin }));
    else observe(origin.name, origin.entityType, origin.observation);
  }
  for (const [name, { entityType, observations }] of entities) {
    yield line({ type: 'entity', name, entityType, observations: [...observations] });
  }
  yield* relations;
}

const line = (value: object) => `${JSON.stringify(value)}\n`;

/** What `itemsOf` made the memory of; undefined if it was changed since. */
function originOf({ content, tags }: Memory) {
  const [first = '', second = first, ...more] = tags;
  if (first === '' || more.length > 0) return undefined;
  if (content === `${first} (${second})`) return { name: first, entityType: second };
  if (content.startsWith(`${first}: `)) {
    return { name: first, entityType: second, observation: content.slice(first.length + 2) };
  }
  const relationType = content.slice(first.length + 1, content.length - second.length - 1);
  if (relationType === '' || content !== `${first} ${relationType} ${second}`) return undefined;
  return { from: first, to: second, relationType };
}
