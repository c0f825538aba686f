/** A disk that loses the end of every archive before it is read again. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testFolder } from './stores.ts';

/** The environment of a program whose new archives are damaged when it reads them. */
export function damagedArchives(): { NODE_OPTIONS: string } {
  const preload = join(testFolder(), 'damaged-archives.cjs');
  writeFileSync(
    preload,
    `const fs = require('node:fs');
     const { createReadStream } = fs;
     fs.createReadStream = (path, options) => {
       if (/memory-backup[^/]*\\.tmp$/.test(String(path))) fs.truncateSync(path, fs.statSync(path).size - 100);
       return createReadStream(path, options);
     };`,
  );
  return { NODE_OPTIONS: `--require=${preload}` };
}
