import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a TypeScript file of the repository with this Node. */
export const nodeArguments = (file: string, ...rest: readonly string[]) => [
  '--disable-warning=ExperimentalWarning',
  file,
  ...rest,
];

export interface Server extends AsyncDisposable {
  readonly url: string;
}

/** The server over a data folder, on a free port of this machine. @throws Error where it ends before it listens. */
export async function startServer(dataDir: string): Promise<Server> {
  const child = spawn(process.execPath, nodeArguments('service/src/entry/node.ts'), {
    cwd: ROOT,
    env: { PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const url = await new Promise<string>((resolve, reject) => {
    // Read to its end, so that the server never waits for somebody to read.
    createInterface(child.stdout).on('line', (line) => {
      const found = /"url":"([^"]+)"/.exec(line)?.[1];
      if (found) resolve(found);
    });
    ended.then(() => reject(new Error('The server has ended before it listened.')), reject);
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
