/**
 * Runs a bundled program with the code that V8 compiled at an earlier start, which takes a third off the time to the
 * first answer. What is
 * kept belongs to one version of the program, one Node and one processor, and is used only if it is whole, fits the
 * program byte for byte and lies in a folder that nobody else can write to. Whatever is wrong with it, the program runs
 * without; NODE_DEBUG=memory-mcp says why.
 */
const { isAscii } = require('node:buffer');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join } = require('node:path');
const { debuglog } = require('node:util');
const { Script } = require('node:vm');
const { crc32 } = require('node:zlib');

const log = debuglog('memory-mcp');
const head = '(function (exports, require, module, __filename, __dirname) {';
/** A kept file is the checksum of the program, the checksum of the code, and the code. */
const checksumsLength = 8;
const maximumAgeMilliseconds = 30 * 24 * 3_600_000;

/**
 * `file` is a CommonJS bundle, `folder` a place for compiled code or undefined. Returns what the bundle
 * exports, whether kept code was used, and a function that keeps the code for the next start. It does so `keepAfter`
 * milliseconds later: long enough for a client to list the tools, so that the code of that is kept too.
 */
exports.loadProgram = ({ file, folder, version, keepAfter = 500 }) => {
  const source = fs.readFileSync(file);
  const checksum = crc32(source);
  const path = folder && join(folder, `${version}-node-${process.versions.node}-${process.arch}`);
  const cachedData = path && readCode(path, checksum);
  // A program in plain ASCII needs no decoding and half the memory.
  const text = isAscii(source) ? source.latin1Slice() : source.toString();
  const script = new Script(`${head}${text}\n})`, {
    filename: file,
    columnOffset: -head.length,
    cachedData,
  });
  const used = cachedData !== undefined && !script.cachedDataRejected;
  log('code cache %s %s', path, used ? 'used' : 'not used');

  const module = { exports: {} };
  script.runInThisContext().call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
  const keepCode = () => {
    if (path && !used) setTimeout(() => writeCode(path, checksum, script), keepAfter).unref();
  };
  return { program: module.exports, codeUsed: used, keepCode };
};

/** V8 checks its version and flags, but takes damaged code as it is, and code of another source of the same length. */
function readCode(path, checksum) {
  try {
    assertPrivate(dirname(path));
    const kept = fs.readFileSync(path);
    const code = kept.subarray(checksumsLength);
    if (kept.readUInt32LE(0) === checksum && kept.readUInt32LE(4) === crc32(code)) return code;
    log('code cache %s belongs to another build or is damaged', path);
  } catch (error) {
    log('code cache %s: %s', path, error.message);
  }
  return undefined;
}

function writeCode(path, checksum, script) {
  try {
    const folder = dirname(path);
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    assertPrivate(folder);
    removeOld(folder);
    const code = script.createCachedData();
    const checksums = Buffer.alloc(checksumsLength);
    checksums.writeUInt32LE(checksum, 0);
    checksums.writeUInt32LE(crc32(code), 4);
    replaceFile(path, [checksums, code]);
    log('code cache %s written', path);
  } catch (error) {
    log('code cache %s not written: %s', path, error.message);
  }
}

/** Another process may write the same file at this moment: the last one wins, and a reader never sees half of it. */
function replaceFile(path, parts) {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(temporary, Buffer.concat(parts), { mode: 0o600 });
    fs.renameSync(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** What lies in the folder is run as this user, so nobody else may have a hand in it. */
function assertPrivate(folder) {
  const { uid, mode } = fs.lstatSync(folder);
  if (process.getuid === undefined) return;
  if (uid !== process.getuid() || (mode & 0o077) !== 0) throw new Error(`${folder} is not private to this user`);
}

/** Versions come and go, and each leaves a file. */
function removeOld(folder) {
  for (const name of fs.readdirSync(folder)) {
    const path = join(folder, name);
    const written = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - written > maximumAgeMilliseconds) fs.rmSync(path, { force: true });
  }
}
