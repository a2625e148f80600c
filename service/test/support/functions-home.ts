import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { JobKind } from '../../src/domain/job.ts';
import { FUNCTIONS, type FunctionName } from '../../src/operations/manifest.ts';
import { type AwsOnEmulators, startAwsOnEmulators } from './aws-emulators.ts';
import type { FunctionToRun } from './function-process.ts';
import { makeQueuesByKind, takeJobs } from './queues-by-kind.ts';
import { ROOT } from './server-process.ts';

/** How callers of the functions reach the API. */
export const PUBLIC_URL = 'https://api.example.com/live';

/** The functions as they are uploaded to AWS, in a folder with nothing of the project, and AWS's parts. */
export interface FunctionsHome {
  readonly aws: AwsOnEmulators;
  /** A function with its environment, in which `env` comes first. */
  toRun(name: FunctionName, env?: Readonly<Record<string, string>>): FunctionToRun;
  /** Takes what waits in the queue of a kind of job, and keeps those messages that hold a text. */
  take(kind: JobKind, holding: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startFunctionsHome(): Promise<FunctionsHome> {
  const scratch = await mkdtemp(join(tmpdir(), 'tintype-test-'));
  const removeScratch = () => rm(scratch, { recursive: true, force: true });
  const folder = join(scratch, 'lambda');
  const aws = await buildFunctions(folder)
    .then(startWithQueues)
    .catch(async (error: unknown) => {
      await removeScratch();
      throw error;
    });
  return {
    aws,
    toRun(name, env = {}) {
      const row = FUNCTIONS.find((known) => known.name === name);
      if (!row) throw new Error(`There is no function ${name}.`);
      return {
        name,
        folder: join(folder, name),
        env: { ...aws.environment, JOB_QUEUES: 'by-kind', PUBLIC_URL, ALLOW_ANONYMOUS: 'true', ...env },
        memoryMb: row.memory_mb,
        timeoutSeconds: row.timeout_seconds,
      };
    },
    take: (kind, holding) => takeJobs(aws, kind, holding),
    async stop() {
      await aws.stop();
      await removeScratch();
    },
  };
}

async function startWithQueues(): Promise<AwsOnEmulators> {
  const aws = await startAwsOnEmulators();
  await makeQueuesByKind(aws);
  return aws;
}

async function buildFunctions(folder: string): Promise<void> {
  const build = ['run', '--silent', 'build:lambda', '--', folder, '--for', 'here'];
  try {
    await promisify(execFile)('npm', build, { cwd: ROOT });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`The functions could not be built.\n${stdout}${stderr}`, { cause: error });
  }
}
