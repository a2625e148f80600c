import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { OperationName } from '../../src/operations/manifest.ts';

/** What a function answers to API Gateway. */
export interface GatewayAnswer {
  readonly statusCode: number;
  readonly body: string;
  readonly isBase64Encoded: boolean;
  /** REST APIs (v1). */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  /** HTTP APIs and function URLs (v2). */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FunctionProcess {
  invoke(event: object): Promise<GatewayAnswer>;
  stop(): Promise<void>;
}

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** A built function in a process of its own, with nothing in its environment but `env`. */
export async function startFunction(
  name: OperationName,
  env: Readonly<Record<string, string>>,
): Promise<FunctionProcess> {
  const host = fileURLToPath(new URL('./function-host.mjs', import.meta.url));
  const child = fork(host, [at(`build/lambda/${name}/index.mjs`)], { env, execArgv: [], silent: true });
  let complaint = '';
  child.stderr?.on('data', (text: Buffer) => {
    complaint += text;
  });
  const [ready] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => [`it ended with code ${code}`]),
  ]);
  if (ready !== 'ready') throw new Error(`The function ${name} did not start: ${ready}.\n${complaint}`);
  return {
    async invoke(event) {
      const answered = once(child, 'message');
      child.send(event);
      const [answer] = (await answered) as [GatewayAnswer];
      return answer;
    },
    async stop() {
      const exited = once(child, 'exit');
      child.disconnect();
      child.kill();
      await exited;
    },
  };
}
