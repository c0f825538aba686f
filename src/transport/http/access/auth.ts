/**
 * Who is asking, and for which persona. With tokens configured nobody comes in without one, and a token opens only the
 * personas that it names; without tokens a persona's name is all there is to say. The same policy for every route.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AuthToken } from '../../../config/schema.ts';
import type { Clock } from '../../../core/clock.ts';
import { MemoryMcpError } from '../../../core/errors.ts';
import type { Logger } from '../../../core/logger.ts';
import { foldPersonaName } from '../../../core/persona.ts';
import { quoteForMessage } from '../../../core/text/visible-text.ts';
import type { Operation } from '../../../operation/operation.ts';
import { HttpError } from '../http-error.ts';
import { readPersonaHeader } from './persona-header.ts';
import { createRateLimit } from './rate-limit.ts';

export interface Principal {
  /** Tells one token from another; undefined without tokens. */
  readonly id: string | undefined;
  /** What the log calls it: the token's name or place in the list, never the token; undefined without tokens. */
  readonly label: string | undefined;
  readonly personas: readonly string[] | '*';
  readonly readOnly: boolean;
}

export interface Authenticator {
  /** The owner of the request's token. No valid one is a 401, too many invalid ones over one peer a 429. */
  identify(headers: Headers, peer: string): Principal;
  /** The persona that the request means, if the principal may have it: otherwise 400 or 403. */
  personaOf(principal: Principal, headers: Headers): string;
}

export interface AuthenticatorDeps {
  readonly tokens: readonly AuthToken[];
  /** Whose memories are meant where a request names nobody. */
  readonly defaultPersona: string;
  /** The whole server offers reads alone. */
  readonly readOnly: boolean;
  /** The folder that a name means on this disk, which may differ by case; undefined if there is none yet. */
  readonly folderOf: (persona: string) => string | undefined;
  readonly clock: Clock;
}

const failedTokensPerSecond = 5;

/** Shorter ones could be guessed: a right guess passes whatever came before it. */
const safeTokenLength = 16;

export function createAuthenticator(parts: AuthenticatorDeps): Authenticator {
  const { tokens, defaultPersona, readOnly, folderOf, clock } = parts;
  if (tokens.length === 0) return openToEverybody({ defaultPersona, readOnly });

  const holders = tokens.map((token, index) => ({
    digest: digestOf(token.token),
    principal: {
      id: String(index),
      label: labelOf(token, index),
      personas: token.personas,
      readOnly: readOnly || token.read_only,
    },
  }));
  const failures = createRateLimit({ perSecond: () => failedTokensPerSecond, clock });

  function holderOf(token: string): Principal | undefined {
    const digest = digestOf(token);
    let found: Principal | undefined;
    // Every token is compared, whichever fits: how long it takes tells nothing.
    for (const holder of holders) if (timingSafeEqual(holder.digest, digest)) found = holder.principal;
    return found;
  }

  return {
    identify(headers, peer) {
      const token = bearerOf(headers);
      if (token === undefined) throw unauthorized(token);
      const principal = holderOf(token);
      // Somebody else's guesses must not lock out the holder of a token, who may share an address with them.
      if (principal !== undefined) return principal;
      if (failures.take(peer) > 0) throw tooManyFailures();
      throw unauthorized(token);
    },
    personaOf(principal, headers) {
      const named = headers.get('x-persona');
      if (named !== null) return permitted(principal, readPersonaHeader('X-Persona', named), folderOf);
      const [only, ...others] = principal.personas === '*' ? [] : principal.personas;
      if (only !== undefined && others.length === 0) return permitted(principal, only, folderOf);
      if (principal.personas === '*' || principal.personas.includes(defaultPersona)) {
        return permitted(principal, defaultPersona, folderOf);
      }
      throw new MemoryMcpError('invalid_input', 'This token opens several personas and the request names none', {
        hint: `Send the header X-Persona with one of: ${[only, ...others].map((name) => encodeURIComponent(name ?? '')).join(', ')}.`,
      });
    },
  };
}

/**
 * The persona to open, if the principal may have it. What counts is the folder that would be opened: a name that differs
 * by case may mean the folder of somebody else.
 */
function permitted({ personas }: Principal, persona: string, folderOf: AuthenticatorDeps['folderOf']): string {
  if (personas === '*') return persona;
  const refusal = () =>
    insufficientScope(`This token does not open the persona ${quoteForMessage(persona)}`, {
      hint: 'Name one that it opens in X-Persona, exactly as its folder is called, or use another token.',
    });
  // Before the disk is asked: a refusal tells nothing about the personas of others.
  if (!personas.some((name) => alike(name, persona))) throw refusal();
  let folder: string | undefined;
  try {
    folder = folderOf(persona);
  } catch (error) {
    // It lists the folders that the name could mean, and some may be of others.
    if (error instanceof MemoryMcpError && error.code === 'conflict') throw refusal();
    throw error;
  }
  const meant = folder ?? persona;
  if (!personas.includes(meant.normalize('NFC'))) throw refusal();
  return meant;
}

/**
 * Refuses names of different personas that some disk takes for one, unless each has its folder here already: whose
 * memories came first would decide which token opens them. Warns of a name that misses its folder by case.
 */
export function checkTokenPersonas(tokens: readonly AuthToken[], folders: readonly string[], logger: Logger): void {
  const named = tokens.flatMap(({ personas }) => (personas === '*' ? [] : personas));
  const present = new Set(folders.map((folder) => folder.normalize('NFC')));
  for (const [index, name] of named.entries()) {
    const other = named.slice(0, index).find((earlier) => earlier !== name && alike(earlier, name));
    if (other !== undefined && !(present.has(other) && present.has(name))) {
      throw new MemoryMcpError(
        'invalid_input',
        `auth_tokens names the personas ${quoteForMessage(other)} and ${quoteForMessage(name)}, which differ by case alone`,
        { hint: 'Write one name in every token. Two such personas need a folder each in memory/ of the data folder.' },
      );
    }
  }
  for (const name of new Set(named)) {
    const folder = present.has(name) ? undefined : [...present].find((candidate) => alike(candidate, name));
    if (folder === undefined) continue;
    logger.warn(
      `auth_tokens: ${quoteForMessage(name)} opens nothing, since the folder of this persona is called ${quoteForMessage(folder)}; write the name as the folder is called`,
    );
  }
}

const alike = (one: string, other: string): boolean => foldPersonaName(one) === foldPersonaName(other);

/** Names the tokens that are too short to be safe, by their labels. */
export function warnOfShortTokens(tokens: readonly AuthToken[], logger: Logger): void {
  const short = tokens.flatMap((token, index) =>
    token.token.length < safeTokenLength ? [quoteForMessage(labelOf(token, index))] : [],
  );
  if (short.length === 0) return;
  logger.warn(
    `auth_tokens: ${short.join(', ')} ${short.length === 1 ? 'has' : 'have'} fewer than ${safeTokenLength} characters and could be guessed; "openssl rand -hex 24" makes a safe token`,
  );
}

function labelOf({ name }: AuthToken, index: number): string {
  return name ?? `token ${index + 1}`;
}

/** No tokens: the ways in which clients of the original name a persona, and nobody is asked who they are. */
function openToEverybody({ defaultPersona, readOnly }: { defaultPersona: string; readOnly: boolean }): Authenticator {
  const everybody: Principal = { id: undefined, label: undefined, personas: '*', readOnly };
  return {
    identify: () => everybody,
    personaOf(_, headers) {
      const named = headers.get('x-persona');
      const bearer = bearerOf(headers);
      const persona = named === null ? undefined : readPersonaHeader('X-Persona', named);
      const borne = bearer === undefined ? undefined : readPersonaHeader('Authorization: Bearer', bearer);
      if (persona !== undefined && borne !== undefined && persona !== borne) {
        throw new MemoryMcpError('invalid_input', 'X-Persona and Authorization: Bearer name different personas', {
          hint: 'Send one of them.',
        });
      }
      return persona ?? borne ?? defaultPersona;
    },
  };
}

/** Refuses what a read-only principal may not do, before anything of the request is looked at. */
export function assertMayCall(principal: Principal, operation: Operation): void {
  if (!principal.readOnly || operation.effect === 'read') return;
  throw insufficientScope(`${operation.name} changes memories, and this access is read-only`, {
    hint: 'Use a token without read_only, on a server whose tools are not "read-only".',
  });
}

function bearerOf(headers: Headers): string | undefined {
  return /^bearer +(\S.*)$/i.exec(headers.get('authorization') ?? '')?.[1];
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function unauthorized(token: string | undefined): HttpError {
  const challenge = `Bearer realm="memory-mcp"${token === undefined ? '' : ', error="invalid_token"'}`;
  const message = token === undefined ? 'This server wants a token' : 'The token is not valid here';
  return new HttpError(401, 'unauthorized', message, {
    hint: 'Send the header Authorization: Bearer with a token of auth_tokens. A persona is named in X-Persona.',
    headers: { 'WWW-Authenticate': challenge },
  });
}

function tooManyFailures(): HttpError {
  return new HttpError(429, 'unauthorized', 'Too many wrong tokens came from this address', {
    hint: 'Wait a second.',
    headers: { 'Retry-After': '1' },
  });
}

function insufficientScope(message: string, { hint }: { hint: string }): HttpError {
  return new HttpError(403, 'forbidden', message, {
    hint,
    headers: { 'WWW-Authenticate': 'Bearer realm="memory-mcp", error="insufficient_scope"' },
  });
}
