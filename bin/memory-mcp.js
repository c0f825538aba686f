#!/usr/bin/env node
/**
 * Starts the built program. A Node that is too old or a missing build is said here in one sentence, so this file keeps
 * to what any old Node can read; CommonJS, because Node starts that sooner.
 */
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`memory-mcp needs Node 20.19 or newer and recommends 22 or newer; this is ${process.versions.node}.`);
  process.exitCode = 1;
} else {
  require('./start.js').start();
}
