import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createPrivateFile,
  createPrivateFolder,
  dataPaths,
  findPersonaFolder,
  personaFolders,
  personaPaths,
  userFolders,
} from '../../../src/config/paths.ts';
import { createMachine } from './machine.ts';

describe('the data folder', () => {
  it('has the places that the original and the guide name', () => {
    const paths = dataPaths('/data');
    expect(paths).toEqual({
      data: '/data',
      memory: join('/data', 'memory'),
      logs: join('/data', 'logs'),
      operationsLog: join('/data', 'logs', 'memory_operations.log'),
      models: join('/data', 'cache', 'huggingface'),
      backups: join('/data', 'backups'),
      dataFolderId: join('/data', 'data-folder-id'),
      moveLock: join('/data', 'migration.lock'),
      moveProgress: join('/data', 'migration-progress.json'),
      spaceReserve: join('/data', 'space-reserve'),
      accessToken: join('/data', 'access-token'),
      hookNotes: join('/data', 'hooks'),
      config: join('/data', 'config.json'),
    });
    expect(dataPaths('/data', { models: '/models' }).models).toBe('/models');
    const folder = join('/data', 'memory', 'nilou');
    expect(personaPaths(paths, 'nilou')).toEqual({
      folder,
      database: join(folder, 'memory.sqlite'),
      context: join(folder, 'persona_context.json'),
      cleanupSuggestions: join(folder, 'cleanup_suggestions.json'),
      vectorStore: join(folder, 'vector_store'),
      vectorIndex: join(folder, 'vector_store', 'index.faiss'),
      original: join(folder, 'original'),
    });
  });

  it('is by default a folder of the user that is called memory-mcp', () => {
    const { data, config } = userFolders();
    expect(data).toContain('memory-mcp');
    expect(data).not.toContain('nodejs');
    expect(config).toContain('memory-mcp');
  });
});

describe('the folder of a persona', () => {
  const machineWith = (...names: string[]) => {
    const machine = createMachine();
    const paths = dataPaths(machine.folders.data);
    for (const name of names) mkdirSync(join(paths.memory, name), { recursive: true });
    return paths;
  };

  it('is the one of that very name', () => {
    expect(findPersonaFolder(machineWith('Nilou', 'nilou'), 'nilou')).toBe('nilou');
  });

  it('else the one that differs only by case or normalisation', () => {
    expect(findPersonaFolder(machineWith('Nilou'), 'nilou')).toBe('Nilou');
    const decomposed = 'がく'.normalize('NFD');
    expect(findPersonaFolder(machineWith(decomposed), 'がく')).toBe(decomposed);
    expect(findPersonaFolder(machineWith('nilou2'), 'nilou')).toBeUndefined();
  });

  it.each([
    ['İ', 'i̇'],
    ['Ω', 'ω'],
    ['K', 'k'],
    ['Straße', 'STRASSE'],
    ['ΟΔΟΣ', 'οδος'],
    ['ſ', 's'],
  ])('is called %j where %j is asked for: both have one case fold', (folder, name) => {
    expect(findPersonaFolder(machineWith(folder), name)).toBe(folder);
    expect(findPersonaFolder(machineWith('ı', 'other'), 'i')).toBeUndefined();
  });

  it('is nearer by normalisation than by case', () => {
    const decomposed = 'Ä'.normalize('NFD');
    const paths = machineWith(decomposed, 'ä');
    if (readdirSync(paths.memory).length < 2) return; // a file system that cannot hold both
    expect(findPersonaFolder(paths, 'Ä')).toBe(decomposed);
  });

  it('is not guessed between two of them', () => {
    const paths = machineWith('Nilou', 'NILOU');
    if (readdirSync(paths.memory).length < 2) return; // a file system that cannot hold both
    expect(() => findPersonaFolder(paths, 'nilou')).toThrow(/could mean NILOU or Nilou/);
  });

  it('does not exist, nor is it made, where there is no memory yet', () => {
    const { folders } = createMachine();
    const paths = dataPaths(folders.data);
    expect(findPersonaFolder(paths, 'nilou')).toBeUndefined();
    expect(personaFolders(paths)).toEqual([]);
    expect(() => statSync(folders.data)).toThrow();
  });

  it('is no file', () => {
    const paths = machineWith('a');
    writeFileSync(join(paths.memory, 'b'), '');
    expect(personaFolders(paths)).toEqual(['a']);
  });
});

describe('what is made', () => {
  it.skipIf(process.platform === 'win32')('belongs to its owner alone, and what exists is left as it is', () => {
    const { path } = createMachine();
    const modeOf = (name: string) => statSync(path(name)).mode & 0o777;
    mkdirSync(path('open'), { mode: 0o755 });
    createPrivateFolder(path('open/a/b'));
    createPrivateFile(path('open/a/b/file'));
    expect([modeOf('open'), modeOf('open/a'), modeOf('open/a/b')]).toEqual([0o755, 0o700, 0o700]);
    expect(modeOf('open/a/b/file')).toBe(0o600);
    writeFileSync(path('open/kept'), 'text', { mode: 0o644 });
    createPrivateFile(path('open/kept'));
    expect(modeOf('open/kept')).toBe(0o644);
    expect(statSync(path('open/kept')).size).toBe(4);
  });

  it('fails with the folder and the variable that chooses it', () => {
    const { path } = createMachine();
    writeFileSync(path('file'), '');
    expect(() => createPrivateFolder(path('file/inside'))).toThrow(/file[/\\]inside cannot be created/);
  });
});
