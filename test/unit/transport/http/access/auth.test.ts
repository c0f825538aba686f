import { describe, expect, it } from 'vitest';
import type { AuthToken } from '../../../../../src/config/schema.ts';
import type { Clock } from '../../../../../src/core/clock.ts';
import { MemoryMcpError } from '../../../../../src/core/errors.ts';
import { createAuthenticator } from '../../../../../src/transport/http/access/auth.ts';
import { HttpError } from '../../../../../src/transport/http/http-error.ts';

type GivenToken = Pick<AuthToken, 'token' | 'personas'>;

let now = 0;
const clock: Clock = { now: () => new Date(now), monotonic: () => now };
const aoi = encodeURIComponent('葵');

function authenticator(tokens: readonly GivenToken[] = [], defaultPersona = 'default') {
  return createAuthenticator({
    tokens: tokens.map((token) => ({ read_only: false, ...token })),
    defaultPersona,
    readOnly: false,
    folderOf: () => undefined,
    clock,
  });
}

function personaFor(headers: Record<string, string>, tokens?: readonly GivenToken[], defaultPersona?: string): string {
  const door = authenticator(tokens, defaultPersona);
  const given = new Headers(headers);
  return door.personaOf(door.identify(given, '192.0.2.1'), given);
}

/** The status, or the code where the status follows from it. */
function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HttpError) return String(error.status);
    if (error instanceof MemoryMcpError) return error.code;
    throw error;
  }
  return 'none';
}

describe('without tokens', () => {
  it('the persona comes from X-Persona, or from the bearer as in the original, else it is the default', () => {
    expect(personaFor({})).toBe('default');
    expect(personaFor({}, [], 'nilou')).toBe('nilou');
    expect(personaFor({ 'x-persona': aoi })).toBe('葵');
    expect(personaFor({ authorization: `Bearer ${aoi}` })).toBe('葵');
    expect(personaFor({ authorization: 'bearer nilou', 'x-persona': 'nilou' })).toBe('nilou');
    expect(personaFor({ authorization: 'Basic dXNlcjpwYXNz' })).toBe('default');
  });

  it('an access token of the server is no name of a persona', () => {
    expect(personaFor({ authorization: `Bearer ${'0a'.repeat(24)}` })).toBe('default');
  });

  it('two different names are refused', () => {
    expect(refusal(() => personaFor({ authorization: 'Bearer a', 'x-persona': 'b' }))).toBe('invalid_input');
  });

  it.each([
    '../x',
    'a/b',
    'a\\b',
    '%2e%2e',
    '%252e%252e%252fx',
    '..%2fx',
    'a%00b',
    '%00',
    'con',
    '.hidden',
    '%',
    '%zz',
    '%ff%fe',
    '',
    'a, b',
    'ü',
    'x'.repeat(65),
    encodeURIComponent('葵'.repeat(65)),
  ])('the name %j is refused', (name) => {
    expect(refusal(() => personaFor({ 'x-persona': name }))).toBe('invalid_input');
    if (name !== '') expect(refusal(() => personaFor({ authorization: `Bearer ${name}` }))).toBe('invalid_input');
  });

  it('a name is decoded once and brought to its normal form', () => {
    expect(personaFor({ 'x-persona': encodeURIComponent('が'.normalize('NFD')) })).toBe('が'.normalize('NFC'));
    expect(personaFor({ 'x-persona': encodeURIComponent('葵'.repeat(64)) })).toBe('葵'.repeat(64));
  });
});

describe('with tokens', () => {
  const one = { token: 'one', personas: ['葵'] };
  const two = { token: 'two', personas: ['葵', 'nilou'] };
  const all = { token: 'all', personas: '*' } as const;

  it('are required, and a persona name is not one', () => {
    expect(refusal(() => personaFor({}, [one]))).toBe('401');
    expect(refusal(() => personaFor({ authorization: 'Bearer wrong' }, [one]))).toBe('401');
    expect(refusal(() => personaFor({ authorization: 'Basic one' }, [one]))).toBe('401');
    expect(refusal(() => personaFor({ authorization: 'one' }, [one]))).toBe('401');
    expect(refusal(() => personaFor({ authorization: `Bearer ${aoi}` }, [one]))).toBe('401');
    expect(refusal(() => personaFor({ authorization: 'Bearer one, Bearer wrong' }, [one]))).toBe('401');
  });

  it('a token opens its only persona without a word', () => {
    expect(personaFor({ authorization: 'Bearer one' }, [one, two])).toBe('葵');
    expect(personaFor({ authorization: 'bearer  one' }, [one, two])).toBe('葵');
  });

  it('a token of several personas opens the default if that is one of them, and else asks', () => {
    expect(personaFor({ authorization: 'Bearer two' }, [two], 'nilou')).toBe('nilou');
    expect(refusal(() => personaFor({ authorization: 'Bearer two' }, [two]))).toBe('invalid_input');
    expect(personaFor({ authorization: 'Bearer all' }, [all])).toBe('default');
  });

  it('X-Persona chooses among them, and nothing else', () => {
    expect(personaFor({ authorization: 'Bearer two', 'x-persona': 'nilou' }, [two])).toBe('nilou');
    expect(personaFor({ authorization: 'Bearer all', 'x-persona': aoi }, [all])).toBe('葵');
    expect(refusal(() => personaFor({ authorization: 'Bearer one', 'x-persona': 'nilou' }, [one]))).toBe('403');
    expect(refusal(() => personaFor({ authorization: 'Bearer two', 'x-persona': 'Nilou' }, [two]))).toBe('403');
    expect(refusal(() => personaFor({ authorization: 'Bearer all', 'x-persona': '../x' }, [all]))).toBe(
      'invalid_input',
    );
  });

  it('wrong ones are limited to five a second and peer', () => {
    const door = authenticator([one]);
    const attempt = (token: string, address: string) =>
      refusal(() => door.identify(new Headers({ authorization: `Bearer ${token}` }), address));
    const guesses = Array.from({ length: 7 }, (_, index) => attempt(`guess ${index}`, '192.0.2.1'));
    expect(guesses).toEqual(['401', '401', '401', '401', '401', '429', '429']);
    expect(attempt('guess', '192.0.2.2')).toBe('401');
    now += 1_000;
    expect(attempt('guess', '192.0.2.1')).toBe('401');
  });

  it('a valid one passes after any number of wrong ones from the same peer', () => {
    const door = authenticator([one]);
    const attempt = (token: string) =>
      refusal(() => door.identify(new Headers({ authorization: `Bearer ${token}` }), '192.0.2.1'));
    for (let guess = 0; guess < 10; guess++) attempt(`guess ${guess}`);
    expect(attempt('another guess')).toBe('429');
    expect(attempt('one')).toBe('none');
  });
});

describe('with an access token that the server made', () => {
  let current = 'ab'.repeat(24);
  const door = () =>
    createAuthenticator({
      tokens: [],
      accessToken: () => current,
      defaultPersona: 'nilou',
      readOnly: false,
      folderOf: () => undefined,
      clock,
    });
  const messageFor = (headers: Record<string, string>, authenticator = door()): string => {
    try {
      authenticator.identify(new Headers(headers), '192.0.2.1');
    } catch (error) {
      if (error instanceof HttpError) return `${error.status}: ${error.message}`;
      throw error;
    }
    return 'none';
  };

  it('it opens every persona, and X-Persona chooses', () => {
    const personaOf = (headers: Record<string, string>) => {
      const given = new Headers({ authorization: `Bearer ${current}`, ...headers });
      return door().personaOf(door().identify(given, '192.0.2.1'), given);
    };
    expect(personaOf({})).toBe('nilou');
    expect(personaOf({ 'x-persona': aoi })).toBe('葵');
    expect(refusal(() => personaOf({ 'x-persona': '../x' }))).toBe('invalid_input');
  });

  it('a request without it gets one sentence with the command that shows it', () => {
    for (const authorization of [undefined, `Bearer ${'cd'.repeat(24)}`, 'Bearer nilou', `Basic ${current}`]) {
      const message = messageFor(authorization === undefined ? {} : { authorization });
      expect(message).toMatch(/^401: [^.]*"memory-mcp token"[^.]*"docker exec <container> memory-mcp token"$/);
    }
  });

  it('the name of a persona in its place is answered with where both go, and is no guess', () => {
    const authenticator = door();
    for (let attempt = 0; attempt < 20; attempt++) {
      for (const name of ['nilou', aoi, 'default']) {
        expect(messageFor({ authorization: `Bearer ${name}` }, authenticator)).toMatch(/^401: .*X-Persona/);
      }
    }
    expect(messageFor({ authorization: `Bearer ${'cd'.repeat(24)}` }, authenticator)).toMatch(/^401: This is not/);
  });

  it('guesses are limited, and the token passes after any number of them', () => {
    const authenticator = door();
    const guess = () => messageFor({ authorization: `Bearer ${'cd'.repeat(24)}` }, authenticator).slice(0, 3);
    expect(Array.from({ length: 7 }, guess)).toEqual(['401', '401', '401', '401', '401', '429', '429']);
    expect(messageFor({ authorization: `Bearer ${current}` }, authenticator)).toBe('none');
  });

  it('a replaced token is invalid from the next request on', () => {
    const authenticator = door();
    const old = current;
    current = 'ef'.repeat(24);
    expect(messageFor({ authorization: `Bearer ${old}` }, authenticator)).toMatch(/^401/);
    expect(messageFor({ authorization: `Bearer ${current}` }, authenticator)).toBe('none');
  });
});
