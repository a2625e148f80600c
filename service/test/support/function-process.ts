import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { watchLeaks } from './leaks.ts';

/** A built function, and what AWS is told of it. */
export interface FunctionToRun {
  readonly name: string;
  /** Its bundle's own: nothing else is there on AWS. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
}

export interface FunctionProcess {
  invoke(event: object): Promise<unknown>;
  stop(): Promise<void>;
}

/** A built function in a process of its own, with nothing in its environment but its variables. */
export async function startFunction({
  name,
  folder,
  env,
}: FunctionToRun): Promise<FunctionProcess & { printed(): string }> {
  const host = fileURLToPath(new URL('./function-host.mjs', import.meta.url));
  const child = fork(host, [`${folder}/index.mjs`], { env, execArgv: [], silent: true });
  let complaint = '';
  let printed = '';
  // A pipe that nobody reads would fill up, and hold up who writes to it.
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  child.stderr?.on('data', (text: Buffer) => {
    complaint += text;
  });
  const [ready] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => [`it ended with code ${code}`]),
  ]);
  if (ready !== 'ready') throw new Error(`The function ${name} did not start: ${ready}.\n${complaint}`);
  return {
    printed: () => printed,
    async invoke(event) {
      const answered = once(child, 'message');
      child.send(event);
      const [answer] = await answered;
      return answer;
    },
    async stop() {
      const exited = once(child, 'exit');
      child.disconnect();
      child.kill();
      await exited;
      const leaks = watchLeaks([env['SIGNING_SECRET'] ?? '']);
      for (const line of printed.split('\n').filter((each) => each !== '')) leaks.line(line);
      leaks.mustBeClean();
    },
  };
}
