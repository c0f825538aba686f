/** The context in a reply: it never takes more room than there is, and what is cut is said to be. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonBytes } from '../../../src/reply/reply-text.ts';
import { viewOfContext } from '../../../src/service/context-view.ts';
import type { PersonaContext } from '../../../src/service/persona-context.ts';
import { now, settableClock } from '../../support/stores.ts';

const scope = {
  clock: settableClock(),
  settings: { timezone: 'Asia/Tokyo', reranker_top_n: 5, recent_memories_count: 5 } as never,
};
const empty: PersonaContext = { state: {}, user_info: {}, persona_info: {}, preferences: {}, goals: [], promises: [] };
const goal = (text: string) => ({ text, status: 'open' as const, since: now });

it('is shown in full if it fits', () => {
  const context = { ...empty, state: { emotion: 'joy' }, goals: [goal('引っ越す')] };
  expect(viewOfContext(context, scope, { room: 5_000 })).toEqual(context);
});

it('cuts texts first, then leaves out the oldest entries', () => {
  const goals = Array.from({ length: 50 }, (_, index) => goal(`${index} ${'長い目標'.repeat(40)}`));
  const view = viewOfContext({ ...empty, state: { emotion: 'joy' }, goals }, scope, { room: 5_000 });
  expect(view.shortened).toBe(true);
  expect(view.state).toEqual({ emotion: 'joy' });
  expect(view.goals.at(-1)?.text).toMatch(/^49 長い目標.*…$/);
  expect(jsonBytes(view)).toBeLessThanOrEqual(5_000);
});

it('any context fits', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '長', '"', '\u202e', '🎂'), maxLength: 500 });
  const record = fc
    .dictionary(
      fc.string({ unit: fc.constantFrom('k', '鍵', '\u200b'), minLength: 1, maxLength: 100 }),
      fc.anything({ values: [text], maxDepth: 4 }),
      { maxKeys: 40 },
    )
    .map((value) => JSON.parse(JSON.stringify(value)));
  const list = fc.array(text.map(goal), { maxLength: 50 });
  const state = fc.record({
    emotion: text,
    physical_state: text,
    mental_state: text,
    environment: text,
    action_tag: text,
    relationship_status: text,
  });
  fc.assert(
    fc.property(state, record, record, record, list, list, (...parts) => {
      const [states, user_info, persona_info, preferences, goals, promises] = parts;
      const context = {
        state: states,
        user_info,
        persona_info,
        preferences,
        goals,
        promises,
        updated_at: now,
        state_updated_at: now,
      };
      const view = viewOfContext(context, scope, { room: 5_000 });
      expect(jsonBytes(view)).toBeLessThanOrEqual(5_000);
    }),
    { numRuns: 200 },
  );
});
