/**
 * Runs a bundled program with a V8 code cache, which cuts the time to the first answer by a third. Each cache file is
 * for one version of the program, one Node version and one processor architecture. It is used only if it is intact, was
 * made from exactly this bundle and is in a folder that only this user can write to. Otherwise the program runs without
 * it, and NODE_DEBUG=memory-mcp logs the reason.
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
/** A cache file is the checksum of the bundle, the checksum of the code, and the code. */
const checksumsLength = 8;
const maximumAgeMilliseconds = 30 * 24 * 3_600_000;

/**
 * `file` is a CommonJS bundle. `folder` holds the cache; undefined disables it. Returns the exports of the bundle,
 * whether cached code was used, and a function that saves the code for the next start. That function waits `keepAfter`
 * milliseconds, which lets a client list the tools first: V8 then caches the functions compiled for that, too.
 */
exports.loadProgram = ({ file, folder, version, keepAfter = 500 }) => {
  const source = fs.readFileSync(file);
  const checksum = crc32(source);
  const path = folder && join(folder, `${version}-node-${process.versions.node}-${process.arch}`);
  const cachedData = path && readCode(path, checksum);
  // An ASCII bundle read as Latin-1 needs no decoding and half the memory.
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

/**
 * V8 checks only its version, its flags and the length of the source. The checksums detect damaged code and code of
 * another bundle of the same length.
 */
function readCode(path, checksum) {
  try {
    assertPrivate(dirname(path));
    const cached = fs.readFileSync(path);
    const code = cached.subarray(checksumsLength);
    if (cached.readUInt32LE(0) === checksum && cached.readUInt32LE(4) === crc32(code)) return code;
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

/**
 * Other processes may write the same file at the same time. The last rename wins, and no reader sees a partial file.
 */
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

/** Cached code runs as this user, so no other user may be able to write to the folder. */
function assertPrivate(folder) {
  const { uid, mode } = fs.lstatSync(folder);
  if (process.getuid === undefined) return;
  if (uid !== process.getuid() || (mode & 0o077) !== 0) throw new Error(`${folder} is not private to this user`);
}

/** Removes the caches of versions that are no longer used. */
function removeOld(folder) {
  for (const name of fs.readdirSync(folder)) {
    const path = join(folder, name);
    const written = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - written > maximumAgeMilliseconds) fs.rmSync(path, { force: true });
  }
}
