import { defineConfig } from 'vitest/config';

interface ProjectOptions {
  readonly isolate?: boolean;
  readonly fileParallelism?: boolean;
  readonly sequence?: { readonly groupOrder: number };
}

/** `unit` starts no process and touches no disk but temporary files; the others drive real parts of growing size. */
const project = (name: string, include: readonly string[], options: ProjectOptions = {}) => ({
  extends: true as const,
  test: { name, include: [...include], ...options },
});

export default defineConfig({
  test: {
    projects: [
      // Nothing here is global, and starting a process for each file would take longer than the tests.
      project('unit', ['test/unit/**/*.test.ts'], { isolate: false }),
      project('integration', ['test/{integration,contract}/**/*.test.ts']),
      project('e2e', ['test/e2e/**/*.test.ts']),
      project('crash', ['test/crash/**/*.test.ts']),
      // Skips without an image and a Docker engine, which .ci/containers provides. One file at a time: they use fixed names.
      project('container', ['test/container/**/*.test.ts'], { fileParallelism: false, sequence: { groupOrder: 1 } }),
    ],
    reporters: ['default', './test/support/summary-reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
