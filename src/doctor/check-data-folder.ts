/** The data folder as a place: whether it can be written, who else may read it, how much room it has, what it lies on. */
import { chmodSync, statSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { DataPaths } from '../config/paths.ts';
import { codeOf, reasonOf } from '../core/errors.ts';
import { privateFileMode, privateFolderMode } from '../files/private-modes.ts';
import { findDeletedPersonas, removeDeletedPersonas } from '../personas/delete-persona.ts';
import type { Finding } from './finding.ts';

const subject = 'data folder';
const megabyte = 1_000_000;
const littleSpace = 1_000 * megabyte;
const noSpace = 50 * megabyte;

/** Magic numbers of statfs(2) on Linux. */
const networkFileSystems: Readonly<Record<number, string>> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB 2',
  16914839: '9P, a folder of the host of a virtual machine',
};
const overlayFileSystem = 0x794c7630;

/** Parts of paths that programs synchronize with a cloud. */
const synchronizedFolders: Readonly<Record<string, RegExp>> = {
  OneDrive: /^OneDrive\b/i,
  Dropbox: /^Dropbox\b/i,
  'iCloud Drive': /^(Mobile Documents|com~apple~CloudDocs|iCloudDrive)$/i,
  'Google Drive': /^(Google ?Drive|My Drive|GoogleDrive-.*)$/i,
};

export async function checkDataFolder(paths: DataPaths): Promise<Finding[]> {
  const { data } = paths;
  let mode: number;
  try {
    const found = statSync(data);
    if (!found.isDirectory()) return [unusable(data, 'it is not a folder')];
    mode = found.mode;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return [unusable(data, reasonOf(error))];
    return [{ subject, severity: 'note', found: `${data} does not exist yet`, meaning: 'The first memory makes it.' }];
  }
  return [
    await checkWriting(data),
    ...checkMode(data, mode),
    await checkSpace(data),
    ...(await checkFileSystem(data)),
    ...checkSynchronization(data),
    ...checkDeleted(paths),
  ];
}

function unusable(folder: string, reason: string): Finding {
  return {
    subject,
    severity: 'error',
    found: `${folder} cannot be used: ${reason}`,
    meaning: 'No memory can be read or stored.',
    fix: 'Set MEMORY_MCP_DATA_DIR to a folder that this user can read and write.',
  };
}

async function checkWriting(folder: string): Promise<Finding> {
  const file = join(folder, '.doctor-probe');
  try {
    await writeFile(file, Buffer.alloc(4096), { mode: privateFileMode });
    return { subject, severity: 'ok', found: folder };
  } catch (error) {
    return {
      subject,
      severity: 'error',
      found: `${folder} cannot be written: ${reasonOf(error)}`,
      meaning: 'Memories can be read at best. Nothing new can be stored.',
      fix:
        codeOf(error) === 'ENOSPC'
          ? 'Free disk space.'
          : `Make it writable for this user, for example: sudo chown -R "$(id -u)" '${folder}'`,
    };
  } finally {
    await rm(file, { force: true }).catch(() => {});
  }
}

function checkMode(folder: string, mode: number): Finding[] {
  if (process.platform === 'win32' || (mode & 0o077) === 0) return [];
  return [
    {
      subject,
      severity: 'warning',
      found: `${folder} can be entered by other users of this machine (mode ${(mode & 0o777).toString(8)})`,
      meaning: 'New files in it are private, older ones may not be.',
      fix: `chmod 700 '${folder}'`,
      repair: async () => {
        chmodSync(folder, privateFolderMode);
        return `${folder} is private now`;
      },
    },
  ];
}

async function checkSpace(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const found = `${Math.floor(free / megabyte).toLocaleString('en')} MB are free`;
  if (free >= littleSpace) return { subject, severity: 'ok', found };
  return {
    subject,
    severity: free < noSpace ? 'error' : 'warning',
    found: `only ${found}`,
    meaning: 'A full disk stops the storing of memories. What is stored stays.',
    fix: 'Free disk space. Old archives in backups can go, and so can models that are not used any more.',
  };
}

async function checkFileSystem(folder: string): Promise<Finding[]> {
  if (process.platform !== 'linux') return [];
  const { type } = await statfs(folder);
  const network = networkFileSystems[type];
  if (network !== undefined) {
    return [
      {
        subject,
        severity: 'warning',
        found: `${folder} is on ${network}`,
        meaning: 'SQLite locks are not reliable there: two programs at once can damage a database.',
        fix: 'Keep the data folder on a local disk, and put backups on the network.',
      },
    ];
  }
  if (type !== overlayFileSystem) return [];
  return [
    {
      subject,
      severity: 'warning',
      found: `${folder} is in the file system of a container`,
      meaning: 'The memories are gone when the container is removed.',
      fix: `Mount a volume, for example: -v ./data:${folder}`,
    },
  ];
}

function checkSynchronization(folder: string): Finding[] {
  const parts = folder.split(sep);
  return Object.entries(synchronizedFolders)
    .filter(([, pattern]) => parts.some((part) => pattern.test(part)))
    .map(([name]) => ({
      subject,
      severity: 'warning',
      found: `${folder} is synchronized by ${name}`,
      meaning: 'It copies a database while it is being written, and may put an older file in its place.',
      fix: 'Keep the data folder elsewhere, and synchronize backups instead: memory-mcp backup --out <folder>',
    }));
}

function checkDeleted(paths: DataPaths): Finding[] {
  const left = findDeletedPersonas(paths);
  if (left.length === 0) return [];
  return [
    {
      subject,
      severity: 'warning',
      found: `${left.join(', ')} in ${paths.data}: what a deletion that was killed left of a persona`,
      meaning: 'Its memories are still on this disk. A server removes them when it next runs.',
      fix: 'Run memory-mcp doctor --fix.',
      repair: async () => {
        await removeDeletedPersonas(paths);
        return 'they are removed';
      },
    },
  ];
}
