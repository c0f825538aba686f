/**
 * Preloaded into a program under test: kills it with SIGKILL before the file system change whose number is in
 * KILL_BEFORE, counted from 1. A program that makes fewer changes ends as it would.
 */
const fs = require('node:fs');
const promises = require('node:fs/promises');

const target = Number(process.env.KILL_BEFORE);
let changes = 0;

function count(holder, name) {
  const original = holder[name];
  if (typeof original !== 'function') return;
  holder[name] = function (...args) {
    changes += 1;
    if (changes === target) {
      process.kill(process.pid, 'SIGKILL');
      // The signal arrives at once, but not before this function would go on.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
    return original.apply(this, args);
  };
}

for (const name of ['rename', 'rm', 'rmdir', 'unlink', 'link', 'mkdir', 'copyFile']) {
  count(promises, name);
  count(fs, `${name}Sync`);
}
