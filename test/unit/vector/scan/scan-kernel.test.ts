import { describe, expect, it } from 'vitest';
import { assembleKernel } from '../../../../scripts/kernel/assemble.ts';
import { scanKernelBytes } from '../../../../src/vector/scan/scan-kernel-bytes.ts';

describe('the scan kernel', () => {
  it('matches its assembled source', async () => {
    const assembled = await assembleKernel();
    expect(Buffer.from(scanKernelBytes).equals(Buffer.from(assembled))).toBe(true);
  });
});
