/**
 * What a move says about a persona: what comes over, what has no place here, what is damaged. The same for a dry run and
 * for a move that was made.
 */
import type { Timestamp } from '../core/memory.ts';
import type { OriginalPersona, ReadEntry } from './original-persona.ts';

/** A time as it stands there, and as it is stored here. */
export interface TimePair {
  readonly there: string;
  readonly here: Timestamp;
}

export interface PersonaReport {
  readonly persona: string;
  /** The name of its folder there, where that is another. */
  readonly former_name?: string | undefined;
  readonly folder: string;
  /** Columns of its table of memories, which tell the version of the original. */
  readonly columns: number;
  /** All that become memories, deleted ones included. */
  readonly memories: number;
  /** Of these, made of items and of memory blocks. */
  readonly items: number;
  readonly memory_blocks: number;
  /** Earlier states of memories, which `memory_restore` brings back. */
  readonly versions: number;
  /** Of these, marked as deleted there, and restorable here. */
  readonly deleted: number;
  /** What persona_context.json has, by name. */
  readonly context: readonly string[];
  /** The zone in which times without an offset are read. */
  readonly timezone: string;
  readonly local_times: number;
  /** Of those times. */
  readonly oldest?: TimePair | undefined;
  readonly newest?: TimePair | undefined;
  /** Number of memories that keep this column as JSON, because it has no field here. */
  readonly kept_as_json: Readonly<Record<string, number>>;
  /** Rows of tables that have no place here. They are in the original's files only. */
  readonly not_imported: Readonly<Record<string, number>>;
  /** Rows that come over after a repair, or not at all, and why. The first ones only. */
  readonly damaged: readonly { readonly key: string; readonly reason: string; readonly imported: boolean }[];
  readonly damaged_count: number;
}

const shownDamaged = 20;
/** Reads everything once. */
export async function surveyPersona(original: OriginalPersona): Promise<PersonaReport> {
  const tally = createTally();
  for await (const page of original.pages()) for (const entry of page) tally.add(entry);
  const { found, timeZone, columns, context, contextFault, leftOver } = original;
  if (contextFault !== undefined) tally.addFault('persona_context.json', contextFault, true);
  return {
    persona: found.name,
    ...(found.formerName !== found.name && { former_name: found.formerName }),
    folder: found.folder,
    columns,
    ...countExtras(original),
    context: [...context.keys()],
    timezone: timeZone,
    ...tally.result(),
    not_imported: Object.fromEntries(leftOver),
  };
}

function countExtras({ extras }: OriginalPersona): Pick<PersonaReport, 'items' | 'memory_blocks'> {
  const tagged = (tag: string) => extras.filter(({ memory }) => memory.tags[0] === tag).length;
  return { items: tagged('item'), memory_blocks: tagged('memory_block') };
}

function createTally() {
  const keptAsJson: Record<string, number> = {};
  const damaged: { key: string; reason: string; imported: boolean }[] = [];
  let [memories, deleted, versions, localTimes, damagedCount] = [0, 0, 0, 0, 0];
  let [oldest, newest]: (TimePair | undefined)[] = [];
  const addFault = (key: string, reason: string, imported: boolean) => {
    damagedCount += 1;
    if (damaged.length < shownDamaged) damaged.push({ key, reason, imported });
  };
  return {
    addFault,
    add(entry: ReadEntry): void {
      if ('problem' in entry) {
        addFault(entry.key, entry.problem, false);
        return;
      }
      const { memory, past, kept, faults, created } = entry.memory;
      memories += 1;
      versions += past.length;
      if (memory.deleted_at !== undefined) deleted += 1;
      if (created?.local === true) {
        localTimes += 1;
        const pair = { there: created.there, here: memory.created_at };
        if (oldest === undefined || pair.here < oldest.here) oldest = pair;
        if (newest === undefined || pair.here > newest.here) newest = pair;
      }
      for (const name of Object.keys(kept)) keptAsJson[name] = (keptAsJson[name] ?? 0) + 1;
      for (const fault of faults) addFault(memory.key, fault, true);
    },
    result: () => ({
      memories,
      deleted,
      versions,
      local_times: localTimes,
      ...(oldest !== undefined && { oldest }),
      ...(newest !== undefined && { newest }),
      kept_as_json: keptAsJson,
      damaged,
      damaged_count: damagedCount,
    }),
  };
}
