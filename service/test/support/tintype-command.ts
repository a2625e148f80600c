import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ROOT } from './server-process.ts';

export interface FinishedCommand {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly ended: Promise<FinishedCommand>;
  /** The first group of a pattern, once standard output matches it. @throws what it printed, where it ends before. */
  printed(pattern: RegExp): Promise<string>;
  /** Asks it to stop, as Ctrl-C does. */
  interrupt(): void;
  /** SIGKILL: nothing of its own runs any more. */
  kill(): Promise<FinishedCommand>;
}

/** Children that still run when the tests' own process ends are taken along. */
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** What `npm run tintype` hands to Node. */
function commandArguments(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: { tintype: string };
  };
  const [exec, node, ...rest] = scripts.tintype.split(' ');
  if (exec !== 'exec' || node !== 'node') throw new Error('The tintype script is not "exec node ...".');
  return rest;
}

/** The real command in a process of its own, which is told nothing of this one's environment but `env`. */
export function startTintype(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningCommand {
  const child = spawn(process.execPath, [...commandArguments(), ...args], {
    cwd: ROOT,
    env: { NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'node-compile'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  living.add(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = Promise.withResolvers<FinishedCommand>();
  child.once('error', ended.reject);
  child.once('close', (code) => {
    living.delete(child);
    ended.resolve({ code, ...output });
  });
  const kill = () => {
    child.kill('SIGKILL');
    return ended.promise;
  };
  onTestFinished(async () => {
    await kill();
  });
  const printed = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const [, group] = pattern.exec(output.stdout) ?? [];
        if (group !== undefined) resolve(group);
      };
      child.stdout.on('data', look);
      look();
      ended.promise.then(() => reject(new Error(`${output.stdout}${output.stderr}`)), reject);
    });
  const interrupt = () => void child.kill('SIGINT');
  return { ended: ended.promise, printed, interrupt, kill };
}

export function runTintype(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<FinishedCommand> {
  return startTintype(args, env).ended;
}
