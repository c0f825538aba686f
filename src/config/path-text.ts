/**
 * What a path in an environment variable must not look like: MCP clients and env files hand it over as it is written, and
 * a folder of that odd name would be made in the working directory.
 */
import { combineErrors } from './config-errors.ts';

interface Mistake {
  readonly looks: RegExp;
  readonly reason: string;
  readonly hint: string;
}

const mistakes: readonly Mistake[] = [
  {
    looks: /^(?:\$\{?\w+\}?|%\w+%)(?:[/\\]|$)/,
    reason: 'which contains a variable that was not expanded',
    hint: 'Write the full path, or a path that begins with "~".',
  },
  {
    looks: /^["']|["']\s*$/,
    reason: 'which has quotes in it that a shell would have removed',
    hint: 'Write the path without quotes.',
  },
  {
    looks: /[\r\n]/,
    reason: 'which holds the end of a line',
    hint: 'Write the path on one line, in a file with line ends of Unix (LF).',
  },
  {
    looks: /^\s|\s$/,
    reason: 'which has blanks around it',
    hint: 'Write the path without blanks before and behind it.',
  },
  {
    looks: /^~[^/\\]/,
    reason: 'which begins with the home folder of another user',
    hint: 'Write the full path; only "~" itself is expanded, to your own home folder.',
  },
];

const windowsPath: Mistake = {
  looks: /^(?:[a-z]:[/\\]|\\\\)/i,
  reason: 'which is a path of Windows, and this system is another',
  hint: 'Write it as this system does; under WSL, C:\\Users is /mnt/c/Users.',
};

/** Throws `invalid_input` with one sentence that names the variable. */
export function checkPathText(name: string, text: string, platform: NodeJS.Platform = process.platform): void {
  const known = platform === 'win32' ? mistakes : [...mistakes, windowsPath];
  const mistake = known.find(({ looks }) => looks.test(text));
  if (mistake !== undefined)
    throw combineErrors([`${name} is ${JSON.stringify(text)}, ${mistake.reason}`], mistake.hint);
}
