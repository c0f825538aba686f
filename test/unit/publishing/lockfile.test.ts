/** What package-lock.json tells npm to do in a clone, for which nothing but the npm registry may be reachable. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as z from 'zod';

const lockfile = z
  .object({ packages: z.record(z.string(), z.object({ hasInstallScript: z.boolean().optional() })) })
  .parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));

it('runs no script of onnxruntime-node, which would download a CUDA build', () => {
  // npm 10 runs the scripts of the packages that are marked. `npm install` marks this one again when it changes version.
  expect(lockfile.packages['node_modules/onnxruntime-node']).toEqual({});
});
