import { describe, expect, it } from 'vitest';
import { createInferenceEngine } from '../../../../src/model/inference/inference-engine.ts';
import type { InferenceModel } from '../../../../src/model/inference/inference-protocol.ts';

/** An engine whose models do nothing but be loaded and unloaded. */
function openEngine() {
  const events: string[] = [];
  const engine = createInferenceEngine({
    load: async ({ file }) => {
      events.push(`+${file}`);
      return {
        device: 'cpu',
        warning: undefined,
        countTokens: () => 1,
        textTokenRange: () => ({ start: 0, end: 1 }),
        run: async () => ({ data: new Float32Array([1]), dims: [1, 1, 1] }),
        runTogether: async () => [],
        dispose: async () => {
          events.push(`-${file}`);
        },
      };
    },
    onWorking: () => {},
  });
  const walk = async (steps: AsyncGenerator<void, unknown>) => {
    while ((await steps.next()).done !== true);
  };
  const modelNamed = (file: string): InferenceModel => ({
    folder: '/models',
    file,
    stamp: '',
    device: 'cpu',
    threads: 1,
    maxTokens: 512,
  });
  return {
    use: (from: number, files: string) =>
      [...files].reduce(
        (before, file) =>
          before.then(() => walk(engine.steps({ type: 'load-reranker', model: modelNamed(file) }, from))),
        Promise.resolve(),
      ),
    /** As a guest, which has nothing loaded. */
    embedIfLoaded: (from: number, file: string) =>
      walk(
        engine.steps(
          {
            type: 'embed',
            as: 'one',
            model: { ...modelNamed(file), pooling: 'cls' },
            prefix: '',
            text: 'sea',
            onlyIfLoaded: true,
          },
          from,
        ),
      ),
    forget: (from: number) => walk(engine.forget(from)),
    /** What has happened since the last call: `+a` loaded, `-a` unloaded. */
    events: () => events.splice(0).join(' '),
  };
}

describe('the models of the inference process', () => {
  it('stay loaded while they are among the three that a server used last', async () => {
    const { use, events } = openEngine();
    await use(1, 'abcabc');
    expect(events()).toBe('+a +b +c');
    await use(1, 'ad');
    expect(events()).toBe('+d -b');
  });

  it('of one server are not unloaded by those of another', async () => {
    const { use, events } = openEngine();
    await use(1, 'abc');
    await use(2, 'cde');
    expect(events()).toBe('+a +b +c +d +e');
    await use(1, 'abc');
    await use(2, 'cde');
    expect(events()).toBe('');
  });

  it('are neither loaded nor kept for a guest', async () => {
    const { use, embedIfLoaded, forget, events } = openEngine();
    await expect(embedIfLoaded(2, 'a')).rejects.toMatchObject({ reason: 'not loaded' });
    expect(events()).toBe('');
    await use(1, 'a');
    await embedIfLoaded(2, 'a');
    await forget(1);
    expect(events()).toBe('+a -a');
    await expect(embedIfLoaded(2, 'a')).rejects.toMatchObject({ reason: 'not loaded' });
  });

  it('are unloaded when the last server that used them has gone', async () => {
    const { use, forget, events } = openEngine();
    await use(1, 'ab');
    await use(2, 'bc');
    events();
    await forget(1);
    expect(events()).toBe('-a');
    await forget(2);
    expect(events()).toBe('-b -c');
    await use(2, 'b');
    expect(events()).toBe('+b');
  });
});
