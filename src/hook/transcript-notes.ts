/**
 * Notes about conversations that ended or are about to be compacted: where the transcript is and which bytes of it are
 * new. Offered once for a review at the next start. One file a note, so that processes never write the same one. Nothing
 * of a conversation is read or stored here.
 */
import { createHash } from 'node:crypto';
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from '../core/clock.ts';
import { dayLength } from '../core/time/durations.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { replaceCacheFile } from '../files/replace-file.ts';

const noteSchema = z.object({
  client: z.string(),
  persona: z.string(),
  transcript: z.string(),
  from: z.number(),
  to: z.number(),
  at: z.string(),
  /** The folder of the git repository. */
  project: z.string().optional(),
});
export type TranscriptNote = z.output<typeof noteSchema>;

const keptDays = 30;
/** Less than that is a greeting. */
const minimumBytes = 2_000;
const offeredAtOnce = 3;
const pending = '.json';
const offered = '.offered';

export function openTranscriptNotes(folder: string, clock: Clock) {
  const read = (): { name: string; note: TranscriptNote }[] =>
    namesIn(folder).flatMap((name) => {
      try {
        return [{ name, note: noteSchema.parse(JSON.parse(readRegularFile(join(folder, name)))) }];
      } catch {
        return [];
      }
    });

  return {
    /** Notes what is new in a transcript since its last note. False if that is not worth a note. */
    add({ transcript, ...about }: Omit<TranscriptNote, 'from' | 'to' | 'at'>): boolean {
      const to = statSync(transcript).size;
      const noted = read().filter(({ note }) => note.transcript === transcript && note.to <= to);
      const from = Math.max(0, ...noted.map(({ note }) => note.to));
      if (to - from < minimumBytes) return false;
      const note: TranscriptNote = { ...about, transcript, from, to, at: clock.now().toISOString() };
      const hash = createHash('sha256').update(`${transcript} ${to}`).digest('hex').slice(0, 16);
      const name = `${note.at.replace(/\D/g, '')}-${hash}${pending}`;
      replaceCacheFile(join(folder, name), `${JSON.stringify(note)}\n`);
      return true;
    },
    /** The newest notes that nobody has been offered, whose transcripts are still there and not `known`. They are not offered again. */
    takeUnoffered(
      { persona, project }: { persona: string; project: string | undefined },
      known: string | undefined,
    ): TranscriptNote[] {
      const open = read().filter(
        ({ name, note }) =>
          name.endsWith(pending) &&
          note.persona === persona &&
          note.project === project &&
          note.transcript !== known &&
          isLongEnough(note),
      );
      return open.slice(-offeredAtOnce).flatMap(({ name, note }) => {
        try {
          // Another process may have taken it meanwhile: then it is gone under this name.
          renameSync(join(folder, name), join(folder, `${name.slice(0, -pending.length)}${offered}`));
          return [note];
        } catch {
          return [];
        }
      });
    },
    removeOld(): void {
      const oldest = new Date(clock.now().getTime() - keptDays * dayLength).toISOString().replace(/\D/g, '');
      for (const name of namesIn(folder).filter((each) => each < oldest)) {
        try {
          rmSync(join(folder, name), { force: true });
        } catch {
          // The next start tries again.
        }
      }
    },
  };
}

export type TranscriptNotes = ReturnType<typeof openTranscriptNotes>;

/** Oldest first: a name begins with its time. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(pending) || name.endsWith(offered))
      .sort();
  } catch {
    return [];
  }
}

function isLongEnough({ transcript, to }: TranscriptNote): boolean {
  return (statSync(transcript, { throwIfNoEntry: false })?.size ?? 0) >= to;
}
