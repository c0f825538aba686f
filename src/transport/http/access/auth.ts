/**
 * Authentication and choice of the persona, the same for every route. If tokens are configured, every request needs one,
 * and a token gives access only to its own personas. If the server made an access token, every request needs that, and it
 * gives access to all personas. Without either, a request only names its persona.
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
import { hasTokenForm } from './access-token.ts';
import { readPersonaHeader } from './persona-header.ts';
import { createRateLimit, type RateLimit } from './rate-limit.ts';

export interface Principal {
  /** Identifies the token; undefined without tokens. */
  readonly id: string | undefined;
  /** The name for logs: the token's name or position, never the token itself; undefined without tokens. */
  readonly label: string | undefined;
  readonly personas: readonly string[] | '*';
  readonly readOnly: boolean;
}

/** Whether the principal may open the persona of this folder. */
export function opensPersona({ personas }: Principal, folder: string): boolean {
  return personas === '*' || personas.includes(folder.normalize('NFC'));
}

export interface Authenticator {
  /** Whether a request needs a token. */
  readonly wantsToken: boolean;
  /** The principal of the request's token. Fails with 401 without a valid token, with 429 after too many wrong ones. */
  identify(headers: Headers, peer: string): Principal;
  /** The persona of the request. Fails with 400 or 403 if the principal has no access to it. */
  personaOf(principal: Principal, headers: Headers): string;
}

export interface AuthenticatorDeps {
  readonly tokens: readonly AuthToken[];
  /** The token that the server made for itself. Only used if there are no `tokens`. */
  readonly accessToken?: (() => string) | undefined;
  /** The persona of requests that name none. */
  readonly defaultPersona: string;
  /** Makes every principal read-only. */
  readonly readOnly: boolean;
  /** Finds the folder of a persona, whose name may differ by case; undefined if there is none yet. */
  readonly folderOf: (persona: string) => string | undefined;
  readonly clock: Clock;
}

const failedTokensPerSecond = 5;

/** Shorter tokens could be guessed. The limit on wrong tokens does not stop a correct guess. */
const safeTokenLength = 16;

export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const { tokens, accessToken, defaultPersona, readOnly, folderOf, clock } = deps;
  const failures = createRateLimit({ perSecond: () => failedTokensPerSecond, clock });
  if (tokens.length === 0) {
    if (accessToken === undefined) return openToEverybody({ defaultPersona, readOnly });
    return openToAccessToken({ accessToken, defaultPersona, readOnly, failures });
  }

  const holders = tokens.map((token, index) => ({
    digest: digestOf(token.token),
    principal: {
      id: String(index),
      label: labelOf(token, index),
      personas: token.personas,
      readOnly: readOnly || token.read_only,
    },
  }));

  function holderOf(token: string): Principal | undefined {
    const digest = digestOf(token);
    let found: Principal | undefined;
    // Compare with every token, even after a match: the timing must not reveal which one matched.
    for (const holder of holders) if (timingSafeEqual(holder.digest, digest)) found = holder.principal;
    return found;
  }

  return {
    wantsToken: true,
    identify(headers, peer) {
      const token = bearerOf(headers);
      if (token === undefined) throw unauthorized(token);
      const principal = holderOf(token);
      // Check the limit only for wrong tokens: guesses must not lock out a valid token behind the same address.
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
 * The persona to open, if the principal has access to it. Checks the folder that would be opened, because a name that
 * differs by case could open the folder of another persona.
 */
function permitted({ personas }: Principal, persona: string, folderOf: AuthenticatorDeps['folderOf']): string {
  if (personas === '*') return persona;
  const refusal = () =>
    insufficientScope(`This token does not open the persona ${quoteForMessage(persona)}`, {
      hint: 'Name one that it opens in X-Persona, exactly as its folder is called, or use another token.',
    });
  // Checked before reading the disk: a refusal must not reveal which other personas exist.
  if (!personas.some((name) => alike(name, persona))) throw refusal();
  let folder: string | undefined;
  try {
    folder = folderOf(persona);
  } catch (error) {
    // The message of this error lists matching folders, which may belong to other principals.
    if (error instanceof MemoryMcpError && error.code === 'conflict') throw refusal();
    throw error;
  }
  const meant = folder ?? persona;
  if (!personas.includes(meant.normalize('NFC'))) throw refusal();
  return meant;
}

/**
 * Refuses names that differ only by case, unless each already has its own folder: on a case-insensitive disk both would
 * open the folder that was created first. Warns about a name whose case differs from its folder.
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

/** Warns about tokens that are too short to be safe, by their labels. */
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

/** Without tokens: accepts every request. Clients name the persona in the same ways as in the original system. */
function openToEverybody({ defaultPersona, readOnly }: { defaultPersona: string; readOnly: boolean }): Authenticator {
  const everybody: Principal = { id: undefined, label: undefined, personas: '*', readOnly };
  return {
    wantsToken: false,
    identify: () => everybody,
    personaOf(_, headers) {
      const named = headers.get('x-persona');
      const bearer = bearerOf(headers);
      const carriesPersona = bearer !== undefined && !hasTokenForm(bearer);
      const persona = named === null ? undefined : readPersonaHeader('X-Persona', named);
      const borne = carriesPersona ? readPersonaHeader('Authorization: Bearer', bearer) : undefined;
      if (persona !== undefined && borne !== undefined && persona !== borne) {
        throw new MemoryMcpError('invalid_input', 'X-Persona and Authorization: Bearer name different personas', {
          hint: 'Send one of them.',
        });
      }
      return persona ?? borne ?? defaultPersona;
    },
  };
}

interface AccessTokenDeps extends Pick<AuthenticatorDeps, 'defaultPersona' | 'readOnly'> {
  readonly accessToken: () => string;
  readonly failures: RateLimit;
}

/** The server made itself a token: it opens every persona, and X-Persona chooses. */
function openToAccessToken({ accessToken, defaultPersona, readOnly, failures }: AccessTokenDeps): Authenticator {
  const holder: Principal = { id: 'access token', label: 'access token', personas: '*', readOnly };
  return {
    wantsToken: true,
    identify(headers, peer) {
      const token = bearerOf(headers);
      if (token === undefined) throw accessTokenWanted('Send the access token as Authorization: Bearer <token>', token);
      if (timingSafeEqual(digestOf(token), digestOf(accessToken()))) return holder;
      // Clients of the original send the name of a persona here. It cannot be the token, so it is no guess.
      if (!hasTokenForm(token)) {
        throw accessTokenWanted(
          'Send the access token as Authorization: Bearer <token>, and the persona in X-Persona',
          token,
        );
      }
      if (failures.take(peer) > 0) throw tooManyFailures();
      throw accessTokenWanted('This is not the access token of this server', token);
    },
    personaOf(_, headers) {
      const named = headers.get('x-persona');
      return named === null ? defaultPersona : readPersonaHeader('X-Persona', named);
    },
  };
}

/** Throws if a read-only principal calls an operation that changes something. Call it before reading the arguments. */
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

/** A single sentence, because many clients show nothing but the message. */
function accessTokenWanted(what: string, token: string | undefined): HttpError {
  const command = 'memory-mcp token';
  const message = `${what}; "${command}" shows it where the server runs, for a container "docker exec <container> ${command}"`;
  return new HttpError(401, 'unauthorized', message, { headers: challengeFor(token) });
}

function challengeFor(token: string | undefined): Record<string, string> {
  return {
    'WWW-Authenticate': `Bearer realm="memory-mcp"${token === undefined ? '' : ', error="invalid_token"'}`,
  };
}

function unauthorized(token: string | undefined): HttpError {
  const message = token === undefined ? 'This server wants a token' : 'The token is not valid here';
  return new HttpError(401, 'unauthorized', message, {
    hint: 'Send the header Authorization: Bearer with a token of auth_tokens. A persona is named in X-Persona.',
    headers: challengeFor(token),
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
