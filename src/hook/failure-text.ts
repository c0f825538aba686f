/** What is compared of a failed command: its first line, and the lines of its output that say what went wrong. */
import type { HookInput } from './harness.ts';

type Failure = NonNullable<HookInput['failure']>;

/** Lines of an error message that are compared: the first that name a failure, else the last ones. */
const errorLines = 2;
const failureWord =
  /error|cannot|can't|could not|fail|fatal|denied|not found|unknown|invalid|refused|エラー|失敗|できません/i;
const stackFrame = /^\s*(?:at |File "|\^|exit code \d+$)/i;

/** What is read at either end of a long output. */
const endLength = 32_000;

/** The command and the lines that say what went wrong, as sentences of one prompt. */
export function failureText({ command, error }: Failure): string {
  const read = error.length <= 2 * endLength ? error : `${error.slice(0, endLength)}\n${error.slice(-endLength)}`;
  const lines = read.split('\n').filter((line) => /[\p{L}\p{N}]/u.test(line) && !stackFrame.test(line));
  const naming = lines.filter((line) => failureWord.test(line));
  const telling = naming.length > 0 ? naming.slice(0, errorLines) : lines.slice(-errorLines);
  return [command.split('\n')[0] ?? '', ...telling].join('\n');
}
