#!/usr/bin/env node
/**
 * Starts the built program, or prints one sentence if Node is too old or the build is missing. Uses only syntax that
 * old Node versions can parse. CommonJS, because Node loads it faster.
 */
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`memory-mcp needs Node 20.19 or newer and recommends 22 or newer; this is ${process.versions.node}.`);
  process.exitCode = 1;
} else {
  require('./start.js').start();
}
