import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FunctionProcess, FunctionToRun } from './function-process.ts';
import { LocalRuntimeApi } from './local-runtime-api.ts';

const at = (path: string) => fileURLToPath(new URL(`../lambda/runtime-client/${path}`, import.meta.url));

const RUNTIME_CLIENT = at('node_modules/aws-lambda-ric/index.mjs');

/** AWS's runtime client is a package apart: `npm ci` at the root does not install it. */
export const RUNTIME_CLIENT_INSTALLED = existsSync(RUNTIME_CLIENT);

/**
 * A built function under the runtime client that runs it on AWS, in a process of its own, with nothing in
 * its environment but what Lambda sets and the function's own variables.
 * @throws FunctionError when the function does not start, with what it reports.
 */
export async function startUnderRuntimeClient(run: FunctionToRun): Promise<FunctionProcess> {
  const api = await LocalRuntimeApi.listen(run.name, run.timeoutSeconds);
  const child = spawn(process.execPath, ['--require', at('rapid-client.cjs'), RUNTIME_CLIENT], {
    cwd: run.folder,
    env: { ...lambdaEnvironment(run, api.address), ...run.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  }
  const ended = once(child, 'close')
    .then(
      ([code, signal]) =>
        new Error(`The function ${run.name} ended with ${code ?? signal}.\n${output.join('')}`),
      (error: Error) => error,
    )
    .then((reason) => api.fail(reason));
  const stop = async () => {
    child.kill();
    await ended;
    await api.close();
  };
  try {
    await api.ready;
  } catch (error) {
    await stop();
    throw error;
  }
  return { invoke: (event) => api.invoke(event), stop };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
function lambdaEnvironment(run: FunctionToRun, runtimeApi: string): Record<string, string> {
  return {
    _HANDLER: 'index.handler',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(run.memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: run.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${run.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]00000000000000000000000000000000',
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LAMBDA_TASK_ROOT: run.folder,
    LANG: 'en_US.UTF-8',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    TZ: ':UTC',
  };
}
