import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { watchLeaks } from './leaks.ts';

/** The repository's root, where `npm start` runs. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Starts take two thirds of the time when Node need not take the types out of the source again. */
const COMPILE_CACHE = join(ROOT, 'node_modules', '.cache', 'node-compile');

/** Variables whose values nothing that a server prints may hold. */
const SECRETS = [
  'SIGNING_SECRET',
  'JWT_SECRET',
  'INTROSPECTION_CLIENT_SECRET',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
];

/** Far above what a start takes, also on a busy machine. */
const START_DEADLINE = 20_000;

export interface ServerOptions {
  /** Set beside `PORT=0` and `DATA_DIR`; nothing of this process's own environment is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** A new temporary folder unless given. */
  readonly dataDir?: string;
  /** Which lines `logs` has: all, unless this says so. An hour of requests is a million lines. */
  readonly keepLine?: (line: string) => boolean;
}

export interface ServerOutput {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** A server process that may not be listening yet, or never will. */
export interface LaunchedServer {
  readonly dataDir: string;
  readonly pid: number;
  /** Where it listens; rejects, with what it printed, when it ends before it does. */
  readonly listening: Promise<string>;
  /** Its exit code, null where a signal ended it; when it resolves all output has been read. */
  readonly ended: Promise<number | null>;
  /** The lines it has printed so far. */
  logs(): ServerOutput;
  /** Sends the signal and resolves with the exit code. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<number | null>;
  /** SIGKILL: nothing of its own runs any more. */
  kill(): Promise<void>;
}

export interface ServerProcess extends LaunchedServer {
  readonly url: string;
  /** Resident memory now, in bytes. */
  rss(): Promise<number>;
  /** The most resident memory it ever had, where the system says so (Linux), or what it has now. */
  peakRss(): Promise<number>;
}

/** What `npm start` hands to Node. */
export const START_ARGUMENTS: readonly string[] = startArguments();

function startArguments(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  const [exec, node, ...rest] = scripts.start.split(' ');
  if (exec !== 'exec' || node !== 'node') throw new Error(`The start script is not "exec node ...".`);
  return rest;
}

/** Children that still run when the tests' own process ends are taken along. */
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/**
 * The real server in a process of its own, listening. To be called in a test, at whose end the process is
 * ended and a folder made for it removed, however the test ends.
 */
export async function startServerProcess(options: ServerOptions = {}): Promise<ServerProcess> {
  const launched = await launchServerProcess(options);
  const url = await launched.listening;
  const rss = () => residentMemory(launched.pid, 'VmRSS');
  return { ...launched, url, rss, peakRss: () => residentMemory(launched.pid, 'VmHWM') };
}

/** As `startServerProcess`, without waiting for it to listen. */
export async function launchServerProcess({
  env = {},
  dataDir,
  keepLine = () => true,
}: ServerOptions = {}): Promise<LaunchedServer> {
  const folder = dataDir ?? join(await temporaryFolder(), 'data');
  const child = spawn(process.execPath, START_ARGUMENTS, {
    cwd: ROOT,
    env: { PORT: '0', DATA_DIR: folder, NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  living.add(child);
  const stdout: string[] = [];
  const stderr: string[] = [];
  const listening = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<number | null>();
  const secrets = SECRETS.flatMap((name) => env[name]?.split(',') ?? []);
  const leaks = watchLeaks(secrets, resolve(ROOT, folder));
  createInterface(child.stdout).on('line', (line) => {
    if (keepLine(line)) stdout.push(line);
    leaks.line(line);
    const url = listeningUrl(line);
    if (url !== undefined) listening.resolve(url);
  });
  createInterface(child.stderr).on('line', (line) => {
    if (keepLine(line)) stderr.push(line);
    leaks.line(line);
  });
  const giveUp = (why: string) =>
    listening.reject(new Error(`The server ${why}.\n${[...stdout, ...stderr].join('\n')}`));
  const deadline = setTimeout(() => giveUp(`did not listen within ${START_DEADLINE} ms`), START_DEADLINE);
  child.once('error', (error) => giveUp(`could not be started: ${error.message}`));
  child.once('close', (code, signal) => {
    clearTimeout(deadline);
    living.delete(child);
    giveUp(`ended with ${code ?? signal} before it listened`);
    ended.resolve(code);
  });
  listening.promise.then(
    () => clearTimeout(deadline),
    () => {}, // Told to whoever waits for it; nobody has to.
  );
  const kill = async () => {
    child.kill('SIGKILL');
    await ended.promise;
  };
  onTestFinished(async () => {
    await kill();
    leaks.mustBeClean();
  });
  return {
    dataDir: folder,
    pid: child.pid ?? -1,
    listening: listening.promise,
    ended: ended.promise,
    logs: () => ({ stdout: [...stdout], stderr: [...stderr] }),
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended.promise;
    },
    kill,
  };
}

function listeningUrl(line: string): string | undefined {
  if (!line.startsWith('{') || !line.includes('"url"')) return undefined;
  const { url } = JSON.parse(line) as { url?: unknown };
  return typeof url === 'string' ? url : undefined;
}

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tintype-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface StoredFiles {
  /** File names below `objects/`, sorted, but for renditions; of an image's first version it is the image's id. */
  readonly objects: readonly string[];
  /** File names below `incoming/`: uploads that are not finished. */
  readonly incoming: readonly string[];
}

/** Every file that holds, or is to hold, the bytes of an image. */
export async function storedFiles(dataDir: string): Promise<StoredFiles> {
  return {
    objects: (await filesBelow(join(dataDir, 'objects')))
      .filter((path) => !path.startsWith('.renditions/'))
      .map((path) => basename(path))
      .sort(),
    incoming: (await filesBelow(join(dataDir, 'incoming'))).map((path) => basename(path)).sort(),
  };
}

/** The paths of all renditions' files, sorted. */
export async function storedRenditions(dataDir: string): Promise<string[]> {
  const files = await filesBelow(join(dataDir, 'objects'));
  return files.filter((path) => path.startsWith('.renditions/')).sort();
}

/** Paths relative to the folder. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

async function residentMemory(pid: number, line: 'VmRSS' | 'VmHWM'): Promise<number> {
  if (!existsSync('/proc/self/status')) return residentMemoryFromPs(pid);
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`The system does not say ${line} of process ${pid}.`);
  return Number(kilobytes) * 1024;
}

async function residentMemoryFromPs(pid: number): Promise<number> {
  const ps = spawn('ps', ['-o', 'rss=', '-p', String(pid)]);
  let output = '';
  for await (const chunk of ps.stdout) output += String(chunk);
  return Number(output.trim()) * 1024;
}
