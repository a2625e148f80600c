import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
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

/** Copied from what an earlier test has built of the same sources, if one has: building takes half a minute. */
async function buildFunctions(folder: string): Promise<void> {
  const kept = join(ROOT, 'node_modules', '.cache', 'functions');
  const built = join(kept, sourcesHash());
  if (!existsSync(built)) {
    await mkdir(kept, { recursive: true });
    await buildInto(folder);
    const copy = await mkdtemp(join(kept, 'copy-'));
    await cp(folder, copy, { recursive: true });
    try {
      await rename(copy, built);
    } catch (error) {
      await rm(copy, { recursive: true });
      // Whoever has built them at the same time was quicker.
      if (!existsSync(built)) throw error;
    }
    return removeOthers(kept, built);
  }
  await cp(built, folder, { recursive: true });
}

/** What was built of sources that have changed since. */
async function removeOthers(kept: string, built: string): Promise<void> {
  const names = (await readdir(kept)).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const others = names.map((name) => join(kept, name)).filter((path) => path !== built);
  await Promise.all(others.map((path) => rm(path, { recursive: true, force: true })));
}

/** Of all that functions are made of. */
function sourcesHash(): string {
  const hash = createHash('sha256');
  const sources = ['service/src/**/*.ts', 'scripts/*.ts', 'package-lock.json'];
  for (const path of globSync(sources, { cwd: ROOT }).sort()) {
    hash.update(`${path}\n`).update(readFileSync(join(ROOT, path)));
  }
  return hash.digest('hex');
}

async function buildInto(folder: string): Promise<void> {
  const build = ['run', '--silent', 'build:lambda', '--', folder, '--for', 'here'];
  try {
    await promisify(execFile)('npm', build, { cwd: ROOT });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`The functions could not be built.\n${stdout}${stderr}`, { cause: error });
  }
}
