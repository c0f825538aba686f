import { defineConfig } from 'vitest/config';

/** `unit` starts no process and touches no disk but temporary files; the others drive real parts of growing size. */
const project = (name: string, include: readonly string[], options: { isolate?: boolean } = {}) => ({
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
      // Skips without an image and a Docker engine, which .ci/containers provides.
      project('container', ['test/container/**/*.test.ts']),
    ],
    reporters: ['default', './test/support/summary-reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
