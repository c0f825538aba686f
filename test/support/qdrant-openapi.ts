/**
 * Qdrant's own OpenAPI description, for checking requests against. It is not part of this repository: QDRANT_OPENAPI is
 * the path of docs/redoc/master/openapi.json of Qdrant's.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { z } from 'zod';
import type { Asked } from './faulty-proxy.ts';
import { repositoryRoot } from './surroundings.ts';

const file = process.env.QDRANT_OPENAPI ?? join(repositoryRoot, '../shared/data/qdrant-openapi.json');

export const missingOpenApi = existsSync(file)
  ? undefined
  : 'QDRANT_OPENAPI is not the path of the openapi.json of Qdrant';

const schema = z.record(z.string(), z.unknown());
const operation = z.object({
  parameters: z.array(z.object({ name: z.string(), in: z.string(), schema })).default([]),
  requestBody: z.object({ content: z.object({ 'application/json': z.object({ schema }) }) }).optional(),
});
const description = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.object({ schemas: z.record(z.string(), schema) }),
});

/** Says what is wrong with a request, a line for each mistake. */
export type RequestCheck = (asked: Pick<Asked, 'method' | 'path' | 'body'>) => string[];

export async function openRequestCheck(): Promise<RequestCheck> {
  const { paths, components } = description.parse(JSON.parse(readFileSync(file, 'utf8')));
  const ajv = new Ajv({ strict: false, allErrors: false });
  addFormats.default(ajv);
  for (const format of [
    'uint',
    'uint8',
    'uint16',
    'uint32',
    'uint64',
    'int32',
    'int64',
    'float',
    'double',
    'partial-date-time',
  ])
    ajv.addFormat(format, true);
  ajv.addSchema({ $id: 'qdrant', components: modern(components) });
  const routes = Object.entries(paths).map(([path, methods]) => ({
    parts: path.split('/'),
    methods,
  }));

  return ({ method, path, body }) => {
    const url = new URL(path, 'http://qdrant');
    const parts = url.pathname.split('/');
    const route = routes.find(
      ({ parts: own, methods }) =>
        own.length === parts.length &&
        methods[method.toLowerCase()] !== undefined &&
        own.every((part, at) => part.startsWith('{') || part === parts[at]),
    );
    if (route === undefined) return [`${method} ${url.pathname} is not described`];
    const { parameters, requestBody } = operation.parse(route.methods[method.toLowerCase()]);
    const known = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
    const lines = [...url.searchParams.keys()]
      .filter((name) => !known.includes(name))
      .map((name) => `no parameter ${name}`);
    const described = requestBody?.content['application/json'].schema;
    if (described === undefined) return body === '' ? lines : [...lines, `${method} ${path} takes no body`];
    const parsed: unknown = JSON.parse(body);
    const validate = ajv.compile(modern(described));
    if (!validate(parsed)) lines.push(`${method} ${path}: ${ajv.errorsText(validate.errors)}`);
    // The server ignores what it does not know, so that a misspelled name would be no error.
    const names = namesIn(described, components.schemas);
    lines.push(
      ...Object.keys(Object(parsed))
        .filter((name) => !names.has(name))
        .map((name) => `${path}: unknown ${name}`),
    );
    return lines;
  };
}

/** Every property that a schema names at its top, with those of its alternatives. */
function namesIn(of: Readonly<Record<string, unknown>>, schemas: Readonly<Record<string, unknown>>): Set<string> {
  const names = new Set(Object.keys(Object(of.properties)));
  const reference = typeof of.$ref === 'string' ? schema.parse(schemas[of.$ref.split('/').at(-1) ?? '']) : undefined;
  const parts = [
    reference,
    ...['anyOf', 'oneOf', 'allOf'].flatMap((name) => z.array(schema).default([]).parse(of[name])),
  ];
  for (const part of parts) for (const name of part === undefined ? [] : namesIn(part, schemas)) names.add(name);
  return names;
}

/** OpenAPI 3.0 in the words of JSON Schema: `nullable` is a type, and references name this document. */
function modern<Part>(part: Part): Part;
function modern(part: unknown): unknown {
  if (Array.isArray(part)) return part.map((item) => modern(item));
  if (typeof part !== 'object' || part === null) return part;
  const { nullable, example: _, ...rest } = schema.parse(part);
  const converted = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, name === '$ref' ? `qdrant${String(value)}` : modern(value)]),
  );
  if (nullable !== true) return converted;
  if (typeof converted.type === 'string') return { ...converted, type: [converted.type, 'null'] };
  return Object.keys(converted).length === 0 ? { type: 'null' } : { anyOf: [converted, { type: 'null' }] };
}
