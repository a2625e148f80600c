import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Runs a TypeScript file of the repository with this Node. */
export const nodeArguments = (file: string, ...rest: readonly string[]) => [
  '--disable-warning=ExperimentalWarning',
  file,
  ...rest,
];

export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

/** What is handed to Node before the program, as `npm start` does. */
const START_ARGUMENTS = ['--disable-warning=ExperimentalWarning', '--import', './scripts/require-node.mjs'];

/** Tintype over a data folder, on a free port of this machine. @throws Error where it ends before it listens. */
export async function startServer(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  return listening([...START_ARGUMENTS, 'service/src/entry/node.ts'], {
    PORT: '0',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'info',
    ...env,
  });
}

/** A bare counterpart, started by the very command of `npm start`. */
export async function startBareAlike(name: string): Promise<Server> {
  return listening([...START_ARGUMENTS, `bench/bare/${name}.ts`], {});
}

/** A bare counterpart: `bench/bare/NAME.ts`, which prints `{"url":"..."}` when it listens. */
export async function startBare(name: string, ...rest: readonly string[]): Promise<Server> {
  return listening(nodeArguments(`bench/bare/${name}.ts`, ...rest), {});
}

/** What a server prints goes into a file, as whoever runs one has it; nobody who is measured with it has to read it meanwhile. */
async function listening(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'tintype-bench-'));
  const printed = join(folder, 'printed');
  const output = await open(printed, 'w');
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', output.fd, 'inherit'] });
  const ended = once(child, 'close');
  await output.close();
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true });
  };
  try {
    return { url: await listeningUrl(child, printed), pid: child.pid ?? -1, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** How long after a server has said where it listens we know it at most, in milliseconds. */
const LOOK_MS = 2;

async function listeningUrl(child: ChildProcess, printed: string): Promise<string> {
  while (child.exitCode === null && child.signalCode === null) {
    const found = /"url":"([^"]+)"/.exec(await readFile(printed, 'utf8'))?.[1];
    if (found) return found;
    await pause(LOOK_MS);
  }
  throw new Error('The server has ended before it listened.');
}
