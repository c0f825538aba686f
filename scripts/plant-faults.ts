/**
 * Plants faults in a copy of this checkout, one at a time, and runs the tests until one of them fails. Faults that no test
 * notices are printed: each is a behaviour that nothing guards. The faults are of the kind that a refactoring brings: a
 * condition turned, a comparison off by one, an `await` or a call dropped, two values swapped.
 *
 * `npx tsx scripts/plant-faults.ts [--faults 30] [--seed 1] [--folders persona,operation,transport] [--projects unit,integration,e2e]`
 *
 * The nearest tests come first, so a fault that they notice costs seconds: units that import the file, parts of its
 * folder, and then, with a build, the end-to-end tests that `endToEndTests` names. One that nothing notices costs the
 * time of all tests, unless `--only-related` leaves it at those, or `--without-build` even at units and parts. `--trusted` leaves out the run without any fault, for a
 * checkout whose tests have just passed.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';

/** A place in a file, and what stands there instead once the fault is planted. */
interface Fault {
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly was: string;
}

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    folders: { type: 'string', default: 'persona,operation,transport,service,store,search' },
    projects: { type: 'string', default: 'unit,integration,e2e' },
    'only-related': { type: 'boolean', default: false },
    'without-build': { type: 'boolean', default: false },
    trusted: { type: 'boolean', default: false },
  },
});
const root = new URL('..', import.meta.url).pathname;
const timeLimit = 20 * 60_000;
const nearestTests = 10;
const operationTests = 6;

/** Which files of `test/e2e` are nearest to a folder of `src`, by how their names begin. The first that fits counts. */
const endToEndTests: readonly (readonly [folder: string, tests: readonly string[]])[] = [
  ['transport/http', ['http-']],
  ['transport/mcp', ['handshakes', 'stdio-lines', 'published-schemas', 'life-cycle']],
  ['transport', ['life-cycle', 'http-life', 'stdio-lines']],
  ['persona', ['models-recall', 'models-change', 'two-s', 'hands-on', 'vectors-in', 'damaged', 'erasure', 'unknown']],
  ['store', ['erasure', 'concurrent', 'locked', 'hands-on', 'read-only', 'export-import', 'search-filters']],
  ['search', ['search-', 'replies', 'similar', 'strength', 'recall-by', 'models-recall', 'abandoned']],
  ['vector', ['vectors-in', 'damaged', 'models-recall', 'erasure']],
  ['backup', ['backup', 'scheduled']],
  ['model', ['models-processes', 'models-shared', 'models-recall', 'models-card']],
];

const turned = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
]);

/** All faults that a file can be given. Types, imports and texts stay as they are. */
function faultsOf(file: string): Fault[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const faults: Fault[] = [];
  const plant = (node: ts.Node, text: string) => {
    const start = node.getStart(source);
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    faults.push({ file: relative(root, file), line, start, end: node.getEnd(), text, was: node.getText(source) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const instead = turned.get(node.operatorToken.kind);
      const joinsText = [node.left, node.right].some((side) => ts.isStringLiteral(side) || ts.isTemplateLiteral(side));
      if (instead !== undefined && !joinsText) plant(node.operatorToken, instead);
    }
    if (ts.isIfStatement(node)) plant(node.expression, `!(${node.expression.getText(source)})`);
    if (ts.isConditionalExpression(node)) {
      const [yes, no] = [node.whenTrue.getText(source), node.whenFalse.getText(source)];
      plant(node, `(${node.condition.getText(source)}) ? (${no}) : (${yes})`);
    }
    if (ts.isExpressionStatement(node)) {
      const { expression } = node;
      if (ts.isAwaitExpression(expression)) plant(expression, `void ${expression.expression.getText(source)}`);
      if (ts.isCallExpression(expression)) plant(node, ';');
    }
    if (node.kind === ts.SyntaxKind.TrueKeyword) plant(node, 'false');
    if (node.kind === ts.SyntaxKind.FalseKeyword) plant(node, 'true');
    ts.forEachChild(node, visit);
  };
  visit(source);
  return faults;
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The faults of a folder in an order that the seed decides. */
function faultsOfFolder(folder: string, random: () => number): Fault[] {
  const names = readdirSync(join(root, 'src', folder), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.ts')).toSorted();
  return files
    .flatMap((name) => faultsOf(join(root, 'src', folder, name)))
    .map((fault) => ({ fault, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ fault }) => fault);
}

/** Says whether the types refuse a file as it is now. One service for all faults: each is checked in a second. */
function createTypeCheck(folder: string): (file: string) => boolean {
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const versions = new Map<string, number>();
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => fileNames.filter((name) => !relative(folder, name).startsWith('test')),
    getScriptVersion: (name) => String(versions.get(name) ?? 0),
    getScriptSnapshot: (name) =>
      ts.sys.fileExists(name) ? ts.ScriptSnapshot.fromString(readFileSync(name, 'utf8')) : undefined,
    getCurrentDirectory: () => folder,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
  });
  return (file) => {
    versions.set(file, (versions.get(file) ?? 0) + 1);
    return [...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)].length > 0;
  };
}

/** The tests below `place` that import a file, the fewest steps first. */
function createTestFinder(folder: string, place: string): (file: string) => string[] {
  const known = new Map<string, ReadonlySet<string>>();
  const importsOf = (file: string): ReadonlySet<string> => {
    const found = known.get(file);
    if (found !== undefined) return found;
    const reached = new Set<string>();
    known.set(file, reached);
    if (!existsSync(file)) return reached;
    for (const [, one, other] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'|import\('(\.[^']+)'\)/g)) {
      reached.add(join(dirname(file), one ?? other ?? ''));
    }
    return reached;
  };
  const stepsTo = (test: string, file: string): number => {
    const steps = new Map([[test, 0]]);
    for (const [each, step] of steps) {
      for (const imported of importsOf(each)) if (!steps.has(imported)) steps.set(imported, step + 1);
    }
    return steps.get(file) ?? Number.POSITIVE_INFINITY;
  };
  const tests = readdirSync(join(folder, place), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(place, name));
  return (file) =>
    tests
      .map((test) => ({ test, steps: stepsTo(join(folder, test), join(folder, file)) }))
      .filter(({ steps }) => Number.isFinite(steps))
      .toSorted((one, other) => one.steps - other.steps)
      .slice(0, nearestTests)
      .map(({ test }) => test);
}

/** Runs a command in its own process group, and ends all of it when it takes too long: a fault may be an endless loop. */
function passes(folder: string, command: readonly string[]): Promise<boolean> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd: folder, stdio: 'ignore', detached: true });
  const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), timeLimit);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}

const vitest = (...args: string[]) => [
  process.execPath,
  join('node_modules', 'vitest', 'vitest.mjs'),
  ...args,
  '--run',
  '--bail',
  '1',
];

/** The nearest tests that fail: units that import the file, parts of its folder, the built program. */
async function nearestThatFail(folder: string, file: string): Promise<string | undefined> {
  const fails = async (...args: string[]) => !(await passes(folder, vitest(...args)));
  const units = findUnitTests(file);
  if (units.length > 0 && (await fails(...units, '--project', 'unit'))) return 'unit';
  const part = file.split('/')[1] ?? '';
  const parts = [join('test', 'integration', part), ...(contracts.get(part) ?? [])];
  const present = parts.filter((name) => existsSync(join(folder, name)));
  if (present.length > 0 && (await fails(...present, '--project', 'integration'))) return 'integration';
  const tests = values['without-build'] ? [] : findEndToEndTests(folder, file);
  if (tests.length === 0) return undefined;
  if (!(await passes(folder, ['npm', 'run', 'build']))) return 'build';
  return (await fails(...tests, '--project', 'e2e')) ? 'e2e' : undefined;
}

const contracts = new Map([
  ['model', ['test/contract/inference-client.test.ts']],
  ['vector', ['test/contract/vector-index-flat.test.ts', 'test/contract/vector-index-faiss.test.ts']],
]);

/** For an operation those that name it, the shortest first: they are about little else. */
function findEndToEndTests(folder: string, file: string): string[] {
  const all = readdirSync(join(folder, 'test', 'e2e')).map((name) => join('test', 'e2e', name));
  const [, part, name = ''] = file.split('/');
  if (part === 'operation') {
    const operation = name.replace('.ts', '').replaceAll('-', '_');
    return all
      .map((test) => ({ test, text: readFileSync(join(folder, test), 'utf8') }))
      .filter(({ text }) => text.includes(operation))
      .toSorted((one, other) => one.text.length - other.text.length)
      .slice(0, operationTests)
      .map(({ test }) => test);
  }
  const beginnings = endToEndTests.find(([place]) => file.startsWith(`src/${place}/`))?.[1] ?? [];
  return all.filter((test) => beginnings.some((beginning) => test.startsWith(join('test', 'e2e', beginning))));
}

/** The first project with a failing test. */
async function firstToFail(folder: string, projects: readonly string[]): Promise<string | undefined> {
  if (!(await passes(folder, ['npm', 'run', 'build']))) return 'build';
  for (const project of projects) {
    if (!(await passes(folder, vitest('--project', project)))) return project;
  }
  return undefined;
}

const folders = values.folders.split(',');
const projects = values.projects.split(',');
const random = randomNumbers(Number(values.seed));
const perFolder = Math.ceil(Number(values.faults) / folders.length);
const copy = mkdtempSync(join(tmpdir(), 'memory-mcp-faults-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
cpSync(root, copy, { recursive: true, filter: (path) => !/[/\\](node_modules|\.git|\.cache)$/.test(path) });
for (const name of ['node_modules', '.cache']) symlinkSync(join(root, name), join(copy, name));
const refusedByTypes = createTypeCheck(copy);
const findUnitTests = createTestFinder(copy, join('test', 'unit'));
const oneLine = (code: string) => code.replaceAll(/\s+/g, ' ').slice(0, 100);
const totals: string[] = [];
const noticed = { caught: 0, planted: 0 };

/** Plants one fault; undefined where the types refuse it, since such a fault would never get as far as a test. */
async function tryFault(fault: Fault): Promise<boolean | undefined> {
  const file = join(copy, fault.file);
  const text = readFileSync(file, 'utf8');
  // Otherwise every fault in it would count as one that the types refuse.
  if (refusedByTypes(file)) throw new Error(`${fault.file} does not compile without any fault: mend that first`);
  const began = performance.now();
  writeFileSync(file, text.slice(0, fault.start) + fault.text + text.slice(fault.end));
  try {
    if (refusedByTypes(file)) return undefined;
    const nearest = await nearestThatFail(copy, fault.file);
    const by =
      nearest ?? (values['only-related'] || values['without-build'] ? undefined : await firstToFail(copy, projects));
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.log(
      `${(by ?? 'UNNOTICED').padEnd(11)} ${String(seconds).padStart(4)} s ${fault.file}:${fault.line} ${oneLine(fault.was)} → ${oneLine(fault.text)}`,
    );
    return by !== undefined;
  } finally {
    writeFileSync(file, text);
  }
}

const unharmed = values.trusted ? undefined : await firstToFail(copy, projects);
if (unharmed !== undefined) throw new Error(`${unharmed} fails without any fault: mend that first`);
for (const folder of folders) {
  let [caught, planted] = [0, 0];
  for (const fault of faultsOfFolder(folder, random)) {
    if (planted === perFolder) break;
    const seen = await tryFault(fault);
    if (seen === undefined) continue;
    planted++;
    if (seen) caught++;
  }
  totals.push(`${folder} ${caught}/${planted}`);
  noticed.caught += caught;
  noticed.planted += planted;
}
console.log(`noticed: ${noticed.caught} of ${noticed.planted} (${totals.join(', ')})`);
