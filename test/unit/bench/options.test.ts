/** What the benchmarks say to --help and to what they do not know. */
import { describe, expect, it } from 'vitest';
import { benches } from '../../../scripts/bench/catalogue.ts';
import { HelpAsked, readOptions, readWords, UsageError } from '../../../scripts/bench/options.ts';

interface Bench {
  run(args: string[]): Promise<void>;
}

const open = (name: string): Promise<Bench> => import(`../../../scripts/bench/${name}.ts`);

// Loading what a benchmark drives takes seconds on a busy machine.
describe('every benchmark', { timeout: 60_000 }, () => {
  it.each(Object.keys(benches))(
    '%s prints what it takes when it is asked for help, and measures nothing',
    async (name) => {
      const { run } = await open(name);
      const said = await run(['--help']).catch((error: unknown) => error);
      expect(said).toBeInstanceOf(HelpAsked);
      expect(said).toHaveProperty('message', expect.stringMatching(/^ {2}\S.* {2}\S/m));
    },
  );

  it.each(Object.keys(benches))('%s refuses an option that it does not have', async (name) => {
    const { run } = await open(name);
    await expect(run(['--no-such-option'])).rejects.toThrow(UsageError);
  });
});

describe('the options of a benchmark', () => {
  const options = {
    size: { type: 'string', value: 'N', default: '10', help: 'how many memories' },
    keep: { type: 'boolean', default: false, help: 'leave them' },
  } as const;

  it('are read with their defaults', () => {
    expect(readOptions(['--keep'], options)).toEqual({ size: '10', keep: true });
  });

  it('are listed one a line, with what stands for a value and what it usually is', () => {
    expect(() => readOptions(['-h'], options)).toThrow(
      '  --size N  how many memories; 10 by default\n  --keep    leave them',
    );
  });

  it('may be words instead', () => {
    const known = { value: 'SIZE …', help: 'the sizes' };
    expect(readWords(['10x2', '20x2'], known)).toEqual(['10x2', '20x2']);
    expect(() => readWords(['10x2', '--help'], known)).toThrow(new HelpAsked('  SIZE …  the sizes'));
  });
});
