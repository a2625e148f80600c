import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
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

async function listening(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Server> {
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const url = await listeningUrl(child, ended);
  const pid = child.pid ?? -1;
  return {
    url,
    pid,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function listeningUrl(child: ChildProcess, ended: Promise<unknown>): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!child.stdout) throw new Error('The server has no output.');
    // Read to its end, so that the server never waits for somebody to read.
    createInterface(child.stdout).on('line', (line) => {
      const found = /"url":"([^"]+)"/.exec(line)?.[1];
      if (found) resolve(found);
    });
    ended.then(() => reject(new Error('The server has ended before it listened.')), reject);
  });
}
