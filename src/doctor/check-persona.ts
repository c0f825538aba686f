/**
 * One persona: its database, what is derived from it, and who has it open. Reads only. A repair renews what is derived;
 * where that lies in the database itself, the database is copied first.
 */
import { rm } from 'node:fs/promises';
import { type PersonaPaths, personaPaths } from '../config/paths.ts';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import { silentLogger } from '../core/logger.ts';
import { counted, countedMemories } from '../core/text/counted.ts';
import { processesWithOpenFile } from '../files/open-by.ts';
import { pathExists } from '../files/path-exists.ts';
import { inspectStore, type StoreInspection } from '../store/inspect-store.ts';
import { rebuildFullText } from '../store/refresh-full-text.ts';
import { detectFileKind } from '../store/sqlite/file-header.ts';
import { isCurrentSchema } from '../store/sqlite/migrations.ts';
import { inspectSnapshot } from '../vector/file/index-snapshot.ts';
import type { Finding } from './finding.ts';

export interface PersonaCheckDeps {
  readonly paths: Parameters<typeof personaPaths>[0];
  /** Copies the database before a repair, and returns the path of the copy. */
  readonly copyDatabase: (persona: string) => Promise<string>;
  /** False where the vectors are searched on a server: then there is no index.faiss. */
  readonly hasIndexFile: boolean;
}

export async function checkPersona(persona: string, deps: PersonaCheckDeps): Promise<Finding[]> {
  const subject = `persona ${persona}`;
  const paths = personaPaths(deps.paths, persona);
  try {
    if (!pathExists(paths.database)) {
      return [{ subject, severity: 'note', found: `${paths.folder} holds no memories` }];
    }
    const kind = detectFileKind(paths.database);
    if (kind.kind === 'absent') return [{ subject, severity: 'note', found: 'memory.sqlite is empty' }];
    if (kind.kind === 'foreign') return [foreignDatabase(subject, paths)];
    const users = findUsers(subject, paths.database);
    if (!isCurrentSchema(kind.schemaVersion)) return [otherSchema(subject, kind.schemaVersion), ...users];
    const found = await inspectStore(paths.database, (inspection) => judge(persona, inspection, paths, deps));
    return [...found, ...users];
  } catch (error) {
    return [unreadable(subject, error)];
  }
}

async function judge(
  persona: string,
  inspection: StoreInspection,
  paths: PersonaPaths,
  deps: PersonaCheckDeps,
): Promise<Finding[]> {
  const subject = `persona ${persona}`;
  const { memories, deleted, damage } = inspection;
  // What is derived from damaged rows says nothing more.
  if (damage.length > 0) return [damagedDatabase(subject, damage.join('; '))];
  const hidden = deleted === 0 ? '' : `, ${deleted.toLocaleString('en')} deleted`;
  return [
    { subject, severity: 'ok', found: `${countedMemories(memories)}${hidden}; the database is intact` },
    ...judgeFullText(persona, inspection, paths, deps),
    ...judgeQueue(subject, inspection),
    ...(deps.hasIndexFile ? await judgeIndexFile(subject, inspection, paths) : []),
  ];
}

function judgeFullText(
  persona: string,
  { fullText: { damage, missing, stray, unfound } }: StoreInspection,
  paths: PersonaPaths,
  { copyDatabase }: PersonaCheckDeps,
): Finding[] {
  const parts = [
    ...(damage.length > 0 ? ['is damaged'] : []),
    ...(missing > 0 ? [`lacks ${countedMemories(missing)}`] : []),
    ...(stray > 0 ? [`holds ${counted(stray, 'text')} of no memory`] : []),
    ...(unfound === undefined ? [] : [`does not find ${unfound} by its own words`]),
  ];
  if (parts.length === 0) return [];
  return [
    {
      subject: `persona ${persona}`,
      severity: 'error',
      found: `the full text ${parts.join(', ')}`,
      meaning: 'Searches by words miss memories. The memories themselves are there.',
      fix: 'Run memory-mcp doctor --fix. It copies the database into backups, then builds the full text again from the memories.',
      repair: async () => {
        const copy = await copyDatabase(persona);
        await rebuildFullText(paths.database);
        return `the full text was built again; the database as it was is ${copy}`;
      },
    },
  ];
}

function judgeQueue(subject: string, { vectors }: StoreInspection): Finding[] {
  if (vectors === undefined || vectors.queued === 0) return [];
  const { queued, givenUp } = vectors;
  const waiting = queued - givenUp;
  return [
    ...(waiting > 0
      ? [
          {
            subject,
            severity: 'note' as const,
            found: `${countedMemories(waiting)} without vectors so far`,
            meaning: 'They are found by words until then. A server with a loaded model embeds them.',
          },
        ]
      : []),
    ...(givenUp > 0
      ? [
          {
            subject,
            severity: 'warning' as const,
            found: `the model failed three times on ${countedMemories(givenUp)}`,
            meaning: 'They are found by words alone.',
            fix: 'Change their text with memory_update, or use another model. recall_explain says why each failed.',
          },
        ]
      : []),
  ];
}

async function judgeIndexFile(
  subject: string,
  { vectors, identity, tagOf }: StoreInspection,
  { vectorIndex }: PersonaPaths,
): Promise<Finding[]> {
  if (vectors === undefined) return [];
  const { space, fingerprint, latestGeneration } = vectors;
  const place = { file: vectorIndex, epoch: identity.epoch, storeId: identity.storeId, tagOf };
  const found = await inspectSnapshot({ place, space, logger: silentLogger });
  if (found === 'absent') {
    return [{ subject, severity: 'note', found: 'there is no index.faiss; a server writes it when it is idle' }];
  }
  const reason =
    'unusable' in found
      ? found.unusable
      : found.generation === latestGeneration && found.rows.count !== fingerprint.count
        ? `it holds ${found.rows.count} vectors, the database ${fingerprint.count}`
        : undefined;
  if (reason === undefined) {
    return [
      { subject, severity: 'ok', found: `index.faiss fits, with ${fingerprint.count.toLocaleString('en')} vectors` },
    ];
  }
  return [
    {
      subject,
      severity: 'warning',
      found: `index.faiss cannot be used: ${reason}`,
      meaning: 'Nothing is lost. The next search builds the index again from the database, which takes longer.',
      fix: 'Run memory-mcp doctor --fix, which removes it, or let a server replace it.',
      repair: async () => {
        await rm(vectorIndex, { force: true });
        return 'index.faiss was removed; the next server writes it again';
      },
    },
  ];
}

function findUsers(subject: string, database: string): Finding[] {
  const users = processesWithOpenFile(database);
  if (users === undefined || users.length === 0) return [];
  const list = users.map(({ name, pid }) => `${name} (${pid})`).join(', ');
  return [{ subject, severity: 'note', found: `open in ${list}`, meaning: 'Several servers may share a persona.' }];
}

function foreignDatabase(subject: string, { database }: PersonaPaths): Finding {
  return {
    subject,
    severity: 'error',
    found: `${database} was not created by memory-mcp`,
    meaning: 'This persona cannot be used. The file was left as it is.',
    fix: 'If it is the memory of the original system, "memory-mcp migrate from-original" moves it here; otherwise move it out of the folder.',
  };
}

function otherSchema(subject: string, schemaVersion: number): Finding {
  return {
    subject,
    severity: 'note',
    found: `memory.sqlite has schema ${schemaVersion}, which is not that of this version`,
    meaning: 'An older one is brought up to date when a server opens it; a newer one needs a newer memory-mcp.',
  };
}

const recovery =
  'Stop every server. Restore a backup with "memory-mcp restore <archive> --force", which keeps the damaged file. Without one, "sqlite3 memory.sqlite .recover" reads what is left.';

function damagedDatabase(subject: string, damage: string): Finding {
  return {
    subject,
    severity: 'error',
    found: `the database is damaged: ${damage}`,
    meaning: 'Memories may be missing or unreadable. Nothing was changed.',
    fix: recovery,
  };
}

function unreadable(subject: string, error: unknown): Finding {
  if (error instanceof MemoryMcpError && error.code === 'corrupt') return damagedDatabase(subject, error.message);
  return {
    subject,
    severity: 'error',
    found: `it cannot be read: ${reasonOf(error)}`,
    meaning: 'This persona cannot be used now. Nothing was changed.',
    fix: error instanceof MemoryMcpError ? error.hint : undefined,
  };
}
