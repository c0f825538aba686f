/** The program and its native parts: versions, the database library, ONNX Runtime, and FAISS where it is asked for. */
import { arch, platform, release } from 'node:os';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import { createRuntimeCheck, runtimeHint } from '../model/inference/runtime.ts';
import { inMemory, openConnection } from '../store/sqlite/connection.ts';
import type { Finding } from './finding.ts';

export async function checkProgram(version: string): Promise<Finding[]> {
  return [
    {
      subject: 'program',
      severity: 'ok',
      found: `memory-mcp ${version}, Node ${process.versions.node}, ${platform()} ${release()} ${arch()}`,
    },
    await checkDatabaseLibrary(),
    checkRuntime(),
  ];
}

async function checkDatabaseLibrary(): Promise<Finding> {
  const subject = 'database library';
  try {
    const connection = await openConnection({ path: inMemory, busyTimeout: 0 });
    const version = connection.sql<{ version: string }>('SELECT sqlite_version() AS version').get()?.version;
    connection.close();
    return { subject, severity: 'ok', found: `SQLite ${version}` };
  } catch (error) {
    return {
      subject,
      severity: 'error',
      found: reasonOf(error),
      meaning: 'No memory can be read or stored.',
      fix: error instanceof MemoryMcpError ? error.hint : undefined,
    };
  }
}

function checkRuntime(): Finding {
  const subject = 'model runtime';
  if (createRuntimeCheck()() === undefined) return { subject, severity: 'ok', found: 'onnxruntime-node is installed' };
  return {
    subject,
    severity: 'warning',
    found: 'onnxruntime-node is not installed',
    meaning: 'Memories are found by their words alone.',
    fix: runtimeHint,
  };
}
