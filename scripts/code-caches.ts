import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sealCache } from '../service/src/entry/lambda-start/code-cache.ts';
import { CACHE, readFunction } from '../service/src/entry/lambda-start/function-script.ts';

/** What a stage tells its functions; nothing is asked of AWS while they are imported. */
export const STAGE_ENVIRONMENT = {
  STORAGE: 'aws',
  PUBLIC_URL: 'https://images.example.com',
  AUTH: 'jwt',
  JWT_ISSUER: 'https://issuer.example.com',
  JWT_AUDIENCE: 'tintype',
  JWT_JWKS_URL: 'https://issuer.example.com/keys',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'nobody',
  AWS_SECRET_ACCESS_KEY: 'nothing',
  SIGNING_SECRET: 'a secret for benches of 32 letters',
  IMAGES_BUCKET: 'bench',
  IMAGES_TABLE: 'bench-images',
  LISTINGS_TABLE: 'bench-listings',
  LEDGER_TABLE: 'bench-ledger',
  AUDIT_TABLE: 'bench-audit',
  JOBS_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/123456789012/bench',
  LISTING_SHARDS: '4',
};

const SELF = fileURLToPath(import.meta.url);

/** Most that a function may take to load, also where another processor is imitated. */
const TIME_LIMIT_MS = 60_000;

/**
 * Puts beside the code of built functions what V8 makes of it, as it is once they are loaded. It is good for the Node
 * that makes it alone.
 * @param node the command that runs that Node.
 */
export async function makeCodeCaches(folders: readonly string[], node = [process.execPath]): Promise<void> {
  const [program = '', ...options] = node;
  await run(program, [...options, SELF, ...folders.map((folder) => resolve(folder))]);
}

/** `code-caches.ts FOLDER...`: each in a process of its own, which knows nothing of the others. */
async function makeEach(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await run(process.execPath, [...process.execArgv, SELF, '--one', folder]);
}

async function makeOne(folder: string): Promise<void> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, STAGE_ENVIRONMENT);
  // What Lambda has for functions whose answers are streamed.
  Object.assign(globalThis, { awslambda: { streamifyResponse: (handler: unknown) => handler } });
  const { script, source, run: load } = readFunction(folder);
  await load();
  writeFileSync(join(folder, CACHE), sealCache(script.createCachedData(), source));
}

async function run(program: string, options: readonly string[]): Promise<void> {
  const child = spawn(program, options, {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: options.includes('--one') ? TIME_LIMIT_MS : undefined,
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ${options.join(' ')} ended with ${code ?? signal}.`);
}

if (process.argv[1] === SELF) {
  const [first, ...rest] = process.argv.slice(2);
  if (first === '--one') {
    await makeOne(rest[0] ?? '');
    process.exit();
  }
  await makeEach(first === undefined ? [] : [first, ...rest]);
}
