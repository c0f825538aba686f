/** Paths in the environment that were meant for a shell, an env file or another system. */
import { describe, expect, it } from 'vitest';
import { checkPathText } from '../../../src/config/path-text.ts';

const check =
  (text: string, platform: NodeJS.Platform = 'linux') =>
  () =>
    checkPathText('MEMORY_MCP_DATA_DIR', text, platform);

describe('a path in the environment', () => {
  it.each(['/srv/memory', '~', '~/memory', 'memory', "/srv/it's here", '/srv/a b', '/srv/記憶', '/srv/C:'])(
    'is taken: %s',
    (text) => {
      expect(check(text)).not.toThrow();
    },
  );

  it.each([
    ['$HOME/memory', 'not expanded'],
    ['%APPDATA%\\memory', 'not expanded'],
    ['"/srv/memory"', 'quotes'],
    ["'/srv/memory'", 'quotes'],
    ['/srv/memory"', 'quotes'],
    ['/srv/memory\r', 'end of a line'],
    ['/srv/memory ', 'blanks'],
    ['\t/srv/memory', 'blanks'],
    ['~hana/memory', 'home folder of another user'],
    ['C:\\Users\\hana', 'path of Windows'],
    ['c:/Users/hana', 'path of Windows'],
    ['\\\\nas\\memory', 'path of Windows'],
  ])('is refused in one sentence that names the variable: %j', (text, reason) => {
    expect(check(text)).toThrow(new RegExp(`^MEMORY_MCP_DATA_DIR is .*${reason}`));
  });

  it('may be one of Windows there', () => {
    expect(check('C:\\Users\\hana', 'win32')).not.toThrow();
    expect(check('\\\\nas\\memory', 'win32')).not.toThrow();
  });
});
