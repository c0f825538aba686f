/**
 * Declares every setting of memory-mcp. Types, names of variables and flags, error messages, `--help`,
 * config.example.json and docs/configuration.md are derived from it.
 */
import * as z from 'zod';
import { logLevels } from '../core/logger.ts';
import { defaultPersona } from '../core/persona.ts';
import {
  boolean,
  choice,
  collectSettings,
  device,
  exactText,
  isTimeZone,
  number,
  objectList,
  personaName,
  setting,
  text,
  textList,
  timeZone,
  webAddress,
  wholeNumber,
} from './setting.ts';

const authTokenSchema = z.strictObject({
  // An Authorization header can only carry visible ASCII.
  token: z.string().regex(/^[\x21-\x7e]+$/, 'must be visible ASCII without spaces'),
  personas: z.union([z.literal('*'), z.array(personaName()).min(1)]),
  read_only: z.boolean().default(false),
  name: z.string().optional(),
});
export type AuthToken = z.output<typeof authTokenSchema>;

const authTokenList = z
  .array(authTokenSchema)
  .refine((tokens) => new Set(tokens.map(({ token }) => token)).size === tokens.length, 'contains a token twice');

/** The system's time zone, or UTC if it is unknown or invalid. */
function detectTimeZone(): string {
  const zone: string | undefined = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone !== undefined && isTimeZone(zone) ? zone : 'UTC';
}

const model = () => text('a model id such as "org/name", a folder with an absolute path, or none');
const fromModel = "the preset's, else from the model's own files";
const hostPattern = /^[^\s/@*]+$/;

const settingsSchema = z.strictObject({
  persona: setting(personaName().default(defaultPersona), {
    help: 'The persona to serve when none is given.',
    flag: 'persona',
  }),
  tools: setting(choice(['core', 'full', 'read-only']).default('core'), {
    help: 'The tools to offer: the core set, all of them, or only those that read.',
    flag: 'tools',
  }),
  server_host: setting(text('a host name or an IP address', hostPattern).default('127.0.0.1'), {
    help: 'The address that serve --http listens on.',
    flag: 'host',
  }),
  server_port: setting(wholeNumber(0, 65535).default(8000), {
    help: 'The port that serve --http listens on, 0 = a free one.',
    flag: 'port',
  }),
  auth_tokens: setting(
    objectList(
      authTokenList,
      'a list of {"token": "…", "personas": ["name"] or "*", "read_only": true or false, "name": "…"}',
    ).default([]),
    {
      help: 'HTTP access tokens and the personas that each opens. In the environment: this JSON, or the path of a file that holds it in MEMORY_MCP_AUTH_TOKENS_FILE.',
      secret: true,
    },
  ),
  allow_unauthenticated: setting(boolean().default(false), {
    help: 'Listen beyond this machine without tokens. Everyone who reaches the port can then read and write every persona.',
  }),
  allowed_hosts: setting(
    textList(z.string().regex(hostPattern), 'a list of host names, with :port where it matters').default([]),
    { help: 'Host names to accept in requests without a token, besides the loopback names.' },
  ),
  allowed_origins: setting(
    textList(
      z.string().regex(/^[a-z][a-z0-9+.-]*:\/\/[^\s/]+$/i),
      'a list such as ["https://memory.example.com"]',
    ).default([]),
    { help: "Origins of web pages that may send requests, besides the server's own." },
  ),
  rate_limit_per_second: setting(number(0, 1_000_000).optional(), {
    help: 'Requests per second for each token, 0 = no limit.',
    live: true,
    unsetMeans: '0 without tokens, 100 per token',
  }),
  timezone: setting(timeZone().optional(), {
    help: 'The time zone for memory keys, for "today" and for ages.',
    live: true,
    unsetMeans: "the system's",
  }),
  recent_memories_count: setting(wholeNumber(0, 100).default(5), {
    help: 'How many recent memories get_context shows.',
    live: true,
  }),
  migrate: setting(choice(['manual', 'auto']).default('manual'), {
    help: 'How personas of the original system in the data folder are moved here: manual = with "memory-mcp migrate from-original"; auto = a server moves them, after a backup, once the original has stopped.',
  }),
  log_level: setting(choice(logLevels).default('info'), {
    help: 'Minimum level of log lines.',
    live: true,
  }),
  embeddings_model: setting(model().default('cl-nagoya/ruri-v3-30m'), {
    help: 'The embedding model, for search by meaning; none = search by words only.',
  }),
  embeddings_device: setting(device().default('cpu'), {
    help: 'Where models run: cpu, cuda or cuda:N. If the card fails, cpu is used, with a warning.',
    variable: 'EMBEDDINGS_DEVICE',
  }),
  embeddings_dtype: setting(choice(['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4']).optional(), {
    help: 'The precision of the model file.',
    unsetMeans: 'q8, or fp32 on cuda',
  }),
  embeddings_threads: setting(wholeNumber(1, 256).default(1), { help: 'Threads of a model on the CPU.' }),
  embeddings_query_prefix: setting(exactText().optional(), {
    help: 'Prefix of a question; "" in the file = none.',
    unsetMeans: fromModel,
  }),
  embeddings_document_prefix: setting(exactText().optional(), {
    help: 'Prefix of a memory; "" in the file = none.',
    unsetMeans: fromModel,
  }),
  embeddings_pooling: setting(choice(['mean', 'content_mean', 'cls', 'last_token', 'sentence_embedding']).optional(), {
    help: 'How the token vectors are combined; content_mean leaves out the prefix.',
    unsetMeans: fromModel,
  }),
  embeddings_dimensions: setting(wholeNumber(1, 65536).optional(), {
    help: 'The number of dimensions of a vector.',
    unsetMeans: fromModel,
  }),
  reranker_model: setting(model().default('hotchpotch/japanese-reranker-xsmall-v2'), {
    help: 'The cross-encoder that reranks the best results; none turns it off.',
  }),
  reranker_top_n: setting(wholeNumber(1, 50).default(5), {
    help: 'How many results a search returns by default.',
    live: true,
  }),
  rerank_candidates: setting(wholeNumber(1, 200).default(20), {
    help: 'How many results the reranker reads.',
    live: true,
  }),
  model_download: setting(choice(['auto', 'never']).default('auto'), {
    help: 'auto = download missing model files in the background; never = for machines without a network.',
  }),
  model_idle_minutes: setting(number(0.01, 10_080).default(5), {
    help: 'Minutes without work after which the model process ends; it restarts when needed. Of servers that share one, the longest counts.',
  }),
  inference: setting(choice(['shared', 'own']).default('shared'), {
    help: 'shared = all servers of a user run models in one process; own = this server has a process of its own.',
  }),
  storage_backend: setting(choice(['sqlite', 'faiss', 'qdrant']).default('sqlite'), {
    help: 'The vector index; qdrant searches on the server at qdrant_url. The memories themselves are always in memory.sqlite.',
  }),
  qdrant_url: setting(webAddress('http://localhost:6333').default('http://localhost:6333'), {
    help: 'The URL of Qdrant.',
  }),
  qdrant_api_key: setting(exactText().optional(), { help: 'The API key of Qdrant.', secret: true, unsetMeans: 'none' }),
  qdrant_collection_prefix: setting(text().default('memory_'), {
    help: "A collection's name is this prefix and the persona.",
  }),
  vector_rebuild: z
    .strictObject({
      mode: setting(choice(['idle', 'manual']).default('idle'), {
        help: 'When index.faiss is written: when the server is idle, or only on exit and on request.',
        live: true,
      }),
      idle_seconds: setting(number(0, 86_400).default(30), {
        help: 'Seconds without a write before it is written.',
        live: true,
      }),
      min_interval: setting(number(0, 86_400).default(120), {
        help: 'Minimum seconds between two writes of it.',
        live: true,
      }),
    })
    .prefault({}),
  backup: z
    .strictObject({
      every_hours: setting(number(0, 8_760).default(0), {
        help: 'Hours after which an idle server backs up all personas into backups in the data folder; 0 = never.',
        live: true,
      }),
      keep: setting(wholeNumber(1, 10_000).default(14), {
        help: 'How many of those archives are kept.',
        live: true,
      }),
    })
    .prefault({}),
  hooks: z
    .strictObject({
      prompt_memories: setting(wholeNumber(0, 10).default(3), {
        help: 'How many memories a hook shows at most for a prompt or a failed command; 0 = none.',
        live: true,
      }),
      imported_memories: setting(boolean().default(false), {
        help: 'Let hooks show imported memories too, not only those that your own clients stored.',
        live: true,
      }),
      project_tag: setting(boolean().default(true), {
        help: "Let hooks put memories first that are tagged with the project, project:<name of the git repository's folder>.",
        live: true,
      }),
    })
    .prefault({}),
  // Accepted for the sake of existing files. Nothing looks for duplicates yet, so they are not documented.
  auto_cleanup: z
    .strictObject({
      enabled: setting(boolean().default(true), {
        help: 'Look for duplicates in the background; nothing is changed.',
        unused: true,
      }),
      idle_minutes: setting(number(0, 10_080).default(30), {
        help: 'Minutes without work before it starts.',
        unused: true,
      }),
      check_interval_seconds: setting(number(1, 86_400).default(300), {
        help: 'How often to check whether the server is idle.',
        unused: true,
      }),
      duplicate_threshold: setting(number(0, 1).default(0.9), {
        help: 'Minimum similarity of duplicates.',
        unused: true,
      }),
      min_similarity_to_report: setting(number(0, 1).default(0.85), {
        help: 'Minimum similarity to be reported at all.',
        unused: true,
      }),
      max_suggestions_per_run: setting(wholeNumber(1, 1000).default(20), {
        help: 'Maximum number of suggestions in a report.',
        unused: true,
      }),
    })
    .prefault({}),
});

/** All settings with their values. Only settings without a default can be undefined. */
export const configurationSchema = settingsSchema.transform(({ timezone, ...values }) => {
  let zone = timezone;
  return {
    ...values,
    // Template files use an empty key for "none".
    qdrant_api_key: values.qdrant_api_key === '' ? undefined : values.qdrant_api_key,
    rate_limit_per_second: values.rate_limit_per_second ?? (values.auth_tokens.length > 0 ? 100 : 0),
    // Lazy: initializing Intl takes longer than the rest of the configuration.
    get timezone(): string {
      zone ??= detectTimeZone();
      return zone;
    },
  };
});
export type Configuration = Readonly<z.output<typeof configurationSchema>>;

export const settings = collectSettings(settingsSchema);
