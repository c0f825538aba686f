/** Whether a process of this machine is running. Process numbers are reused: true may mean another process. */
import { codeOf } from './errors.ts';

export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It exists and belongs to another user.
    return codeOf(error) === 'EPERM';
  }
}
