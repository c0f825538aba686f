/**
 * Two conversations a day apart, in Japanese and in English: what an assistant is told on the second day of the facts,
 * corrections, allergies, plans and forgotten things of the first. By words alone; the clock is set by the test.
 */
import { describe, expect, it } from 'vitest';
import { openTestApp, type TestApp } from '../support/apps.ts';
import { settableClock } from '../support/stores.ts';

const minute = 60_000;

interface Story {
  readonly user: Readonly<Record<string, string>>;
  readonly allergy: string;
  readonly home: { readonly before: string; readonly after: string };
  readonly plan: string;
  readonly goal: string;
  readonly promise: string;
  readonly secret: string;
  readonly smallTalk: readonly string[];
  readonly ask: Readonly<Record<'allergy' | 'home' | 'oldHome' | 'plan' | 'secret', string>>;
}

const stories: Readonly<Record<string, Story>> = {
  Japanese: {
    user: { name: '葵' },
    allergy: '葵は苺に重いアレルギーがあり、エピペンを持ち歩いている',
    home: { before: '葵は大阪に住んでいる', after: '葵は京都に住んでいる' },
    plan: '12月3日に妹のみおと有馬温泉へ行く予定',
    goal: 'TOEICで800点を取る',
    promise: '明日、温泉の持ち物リストを作る',
    secret: '口座の暗証番号は4973',
    smallTalk: ['朝から雨が降った', '昼はうどんを食べた', '電車が遅れた', '新しい傘を買った', '夜は早く寝る'],
    ask: {
      allergy: '苺のアレルギー',
      home: '京都に住んでいる',
      oldHome: '大阪',
      plan: '有馬温泉',
      secret: '暗証番号',
    },
  },
  English: {
    user: { name: 'Hana' },
    allergy: 'Hana is severely allergic to strawberries and carries an EpiPen',
    home: { before: 'Hana lives in Osaka', after: 'Hana lives in Kyoto' },
    plan: 'Trip to Arima hot springs with her sister Mio on 3 December',
    goal: 'Score 800 in TOEIC',
    promise: 'Make the packing list for the hot springs tomorrow',
    secret: 'The PIN of her bank account is 4973',
    smallTalk: [
      'It rained all morning',
      'Udon for lunch',
      'The train was late',
      'Bought a new umbrella',
      'Going to bed early',
    ],
    ask: {
      allergy: 'What is she allergic to?',
      home: 'Where does she live in Kyoto?',
      oldHome: 'Osaka',
      plan: 'trip with her sister',
      secret: 'PIN bank account',
    },
  },
};

interface Start {
  readonly user_info: Readonly<Record<string, string>>;
  readonly goals: readonly { text: string }[];
  readonly promises: readonly { text: string }[];
  readonly important: readonly { content: string }[];
  readonly recent: readonly { content: string; age: string }[];
  readonly last_conversation: { age: string };
}

/** The first day, with 20 minutes between its parts: one conversation. Returns the key of the corrected memory. */
async function firstDay(app: TestApp, story: Story): Promise<{ home: string; secret: string }> {
  const store = async (content: string, fields: object = {}) => {
    app.clock.advance(minute);
    return String((await app.call('memory_create', { content, ...fields })).key);
  };
  await app.call('update_context', { user_info: story.user, goals: [story.goal], promises: [story.promise] });
  await store(story.allergy, { importance: 0.95, tags: ['health'] });
  const home = await store(story.home.before);
  const secret = await store(story.secret);
  await store(story.plan);
  app.clock.advance(20 * minute);
  await app.call('memory_update', { key: home, content: story.home.after });
  await app.call('memory_delete', { keys: [secret], permanent: true });
  for (const content of story.smallTalk) await store(content);
  return { home, secret };
}

describe.each(Object.entries(stories))('two conversations in %s', (_, story) => {
  it('the second starts with what matters of the first, and finds the rest', async () => {
    const clock = settableClock('2026-11-27T10:00:00.000Z');
    const first = await openTestApp({ clock });
    const { home, secret } = await firstDay(first, story);
    await first.close();
    clock.set('2026-11-28T11:00:00.000Z');
    const app = await openTestApp({ dataDir: first.dataDir, clock });

    // Its reply was checked against the schema of get_context.
    const start = (await app.call('get_context')) as unknown as Start;
    expect(start.user_info).toEqual(story.user);
    expect(start.goals.map(({ text }) => text)).toEqual([story.goal]);
    expect(start.promises.map(({ text }) => text)).toEqual([story.promise]);
    expect(start.important.map(({ content }) => content)).toEqual([story.allergy]);
    expect(start.recent.map(({ content }) => content)).toEqual(story.smallTalk.toReversed());
    expect(start.recent[0]?.age).toBe('1 day ago');
    expect(start.last_conversation.age).toBe('1 day ago');
    expect(JSON.stringify(start)).not.toContain('4973');

    const search = async (query: string) => {
      const { results } = await app.call('memory_search', { query });
      return (results as { key: string; content: string }[]).map(({ content }) => content);
    };
    expect((await search(story.ask.allergy))[0]).toBe(story.allergy);
    expect((await search(story.ask.home))[0]).toBe(story.home.after);
    expect(await search(story.ask.oldHome)).not.toContain(story.home.before);
    expect((await search(story.ask.plan))[0]).toBe(story.plan);
    expect((await search(story.ask.secret)).join()).not.toContain('4973');
    expect(await app.call('memory_list', { date_range: 'yesterday' })).toMatchObject({ total: 8 });
    await expect(app.call('memory_read', { keys: [secret] })).rejects.toMatchObject({ code: 'not_found' });
    // The correction keeps what was said before.
    expect(await app.call('memory_read', { keys: [home], history: true })).toMatchObject({
      memories: [{ content: story.home.after, history: [{ content: story.home.before }] }],
    });
  });
});
