/**
 * A client of one MCP server over stdio that does nothing but write and read lines: what it measures is the server, not
 * a client library. Times start before the process is spawned.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';

export interface Reply {
  readonly result: Record<string, unknown>;
  /** Length of the whole line in bytes. */
  readonly bytes: number;
  /** From writing the request to reading the last byte of the line. */
  readonly milliseconds: number;
}

export interface StartedServer {
  readonly pid: number;
  /** Milliseconds since before the process was spawned. */
  sinceSpawn(): number;
  request(method: string, params: object): Promise<Reply>;
  notify(method: string): void;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  /** Resident memory of the process and all its descendants in MB; undefined where there is no `ps`. */
  memory(): number | undefined;
  /** Closes its input and resolves with the milliseconds until it is gone. */
  end(): Promise<number>;
}

export interface StartDeps {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The working directory. */
  readonly folder: string;
  /** Another Node than this one. */
  readonly node?: string;
}

interface Waiting {
  readonly began: number;
  resolve(reply: Reply): void;
  reject(reason: Error): void;
}

export function startServer({ file, args, environment, folder, node = process.execPath }: StartDeps): StartedServer {
  const began = performance.now();
  const child = spawn(node, [file, ...args], { cwd: folder, env: environment });
  const waiting = new Map<number, Waiting>();
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let complaints = '';
  let lastId = 0;

  child.stderr.on('data', (chunk) => {
    complaints = (complaints + chunk).slice(-2000);
  });
  child.stdin.on('error', () => {});
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended with ${code}\n${complaints}`));
    waiting.clear();
  });
  readLines(child, (line) => {
    const now = performance.now();
    const { id, result, error } = JSON.parse(line.toString());
    const asker = waiting.get(id);
    if (asker === undefined) return;
    waiting.delete(id);
    if (error !== undefined) asker.reject(new Error(`${file}: ${JSON.stringify(error)}`));
    else asker.resolve({ result, bytes: line.length, milliseconds: now - asker.began });
  });

  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  return {
    pid: child.pid ?? 0,
    sinceSpawn: () => performance.now() - began,
    request(method, params) {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { began: performance.now(), resolve, reject });
        send({ id, method, params });
      });
    },
    notify: (method) => void send({ method }),
    ended: gone,
    memory: () => (child.pid === undefined ? undefined : residentMemory(child.pid)),
    async end() {
      const asked = performance.now();
      child.stdin.end();
      const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(kill);
      return performance.now() - asked;
    },
  };
}

/** Starts the conversation as a client of the classic era does, which every server understands. */
export function initialize(server: StartedServer): Promise<Reply> {
  return server.request('initialize', {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'bench', version: '1' },
  });
}

function readLines(child: ChildProcess, take: (line: Buffer) => void): void {
  let parts: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...parts, rest.subarray(0, end)]);
      parts = [];
      rest = rest.subarray(end + 1);
      if (line.length > 0) take(line);
    }
    if (rest.length > 0) parts.push(rest);
  });
}

function residentMemory(pid: number): number | undefined {
  if (process.platform === 'win32') return undefined;
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  const below = (root: number): number =>
    rows.reduce((sum, [own = 0, parent = 0, rss = 0]) => {
      if (own === root) return sum + rss;
      return parent === root ? sum + below(own) : sum;
    }, 0);
  return below(pid) / 1024;
}
