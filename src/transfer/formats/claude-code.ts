/**
 * Transcripts of Claude Code: `~/.claude/projects/<project>/<session>.jsonl`, one record a line. Read are the prompts that
 * the user typed in the main conversation. What the program writes in the user's name is skipped: results of tools,
 * output of commands, summaries, and the tasks of subagents.
 */

import { basename } from 'node:path/posix';
import * as z from 'zod';
import { tagLimit } from '../../core/memory-fields.ts';
import { isJson } from '../../core/text/is-json.ts';
import { foreignMemory } from '../foreign-memory.ts';
import type { ImportFormat, ImportItem, Reading } from '../format.ts';
import { damaged, linesOf, parseJson } from '../lines.ts';
import { unknownVersion } from '../unknown-version.ts';
import { conversationLimit } from './conversation-limit.ts';
import { firstObject } from './first-object.ts';

const kind = 'claude-code';
/** The major versions of Claude Code whose transcripts are known. */
const knownVersion = /^[12]\./;

const recordTypes = new Set([
  'user',
  'assistant',
  'system',
  'summary',
  'attachment',
  'progress',
  'file-history-snapshot',
  'queue-operation',
  'custom-title',
  'permission-mode',
  'last-prompt',
]);
const anyRecord = z.looseObject({ type: z.string(), version: z.string().optional() });
const block = z.looseObject({ type: z.string(), text: z.string().optional() });
const userRecord = z.looseObject({
  uuid: z.string(),
  timestamp: z.string(),
  cwd: z.string().optional(),
  isSidechain: z.boolean().optional(),
  isMeta: z.boolean().optional(),
  isCompactSummary: z.boolean().optional(),
  message: z.looseObject({ content: z.union([z.string(), z.array(block)]) }),
});
/** What Claude Code itself puts where a prompt stands. */
const written =
  /^\s*(?:<(?:command-name|command-message|command-args|local-command-stdout|local-command-stderr|local-command-caveat|bash-input|bash-stdout|bash-stderr|system-reminder|task-notification|user-memory-input)\b|Caveat: The messages below were generated|\[Request interrupted by user|This session is being continued from a previous conversation)/;

export const claudeCode: ImportFormat = {
  name: kind,
  title: 'Claude Code transcript',
  documents: /\.jsonl$/i,
  limit: conversationLimit,
  recognizes(_name, beginning) {
    const record = firstObject(beginning);
    return typeof record?.type === 'string' && recordTypes.has(record.type) && record.content === undefined;
  },
  async *read(document, reading) {
    for await (const { number, text, ended } of linesOf(document)) {
      const place = `line ${number}`;
      // The program may be writing the last line of a session at this moment.
      if (!ended && !isJson(text)) {
        yield { kind: 'skipped', place, reason: 'the last line, which is not written to its end' };
        return;
      }
      const value = parseJson(document, place, text);
      const record = anyRecord.safeParse(value);
      if (!record.success) throw damaged(document, place, 'it is no record of a transcript');
      const { type, version } = record.data;
      if (version !== undefined && !knownVersion.test(version)) {
        throw unknownVersion(
          document,
          `a transcript of Claude Code ${version.slice(0, 20)}`,
          'those of versions 1 and 2',
        );
      }
      if (type !== 'user') continue;
      const turn = userRecord.safeParse(value);
      if (!turn.success)
        throw damaged(document, place, `the prompt has no ${turn.error.issues[0]?.path.join('.')} that is known`);
      yield itemOf(turn.data, place, reading);
    }
  },
};

function itemOf(turn: z.output<typeof userRecord>, place: string, reading: Reading): ImportItem {
  const skip = (reason: string): ImportItem => ({ kind: 'skipped', place, reason });
  const { content } = turn.message;
  if (turn.isSidechain === true) return skip('the task of a subagent');
  if (typeof content !== 'string' && content.some(({ type }) => type === 'tool_result'))
    return skip('the result of a tool');
  const texts =
    typeof content === 'string'
      ? [content]
      : content.flatMap(({ type, text }) => (type === 'text' && text !== undefined ? [text] : []));
  const typed = texts
    .filter((text) => !written.test(text))
    .join('\n')
    .trim();
  if (turn.isMeta === true || turn.isCompactSummary === true || (typed === '' && texts.length > 0)) {
    return skip('written by Claude Code, not by the user');
  }
  // The name by which hooks know a project.
  const project = turn.cwd === undefined ? '' : `project:${basename(turn.cwd.replaceAll('\\', '/'))}`;
  const tags = project.length > 'project:'.length && project.length <= tagLimit.length ? [project] : [];
  return foreignMemory(
    {
      place,
      kind,
      id: turn.uuid,
      fields: { content: typed, tags, created_at: turn.timestamp, occurred_at: turn.timestamp },
    },
    reading,
  );
}
