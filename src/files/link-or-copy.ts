/** Gives a file a second name, or makes a copy where the file system has no hard links. */
import { constants, copyFile, link } from 'node:fs/promises';
import { codeOf } from '../core/errors.ts';

/** Throws EEXIST if `to` exists. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error) ?? '')) throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}
