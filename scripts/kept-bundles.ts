import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeIdentity } from '../service/src/entry/lambda-start/code-cache.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Folders in it are as deep as build/lambda: source maps say where sources lie from there. */
const KEPT = join(ROOT, 'build');
const NAME = '.functions-';

/** All that bundles are made of and by; what is installed is what npm has written down of it. */
const SOURCES = [
  'service/src/**/*.ts',
  'scripts/*.ts',
  'service/package.json',
  'node_modules/.package-lock.json',
  'tsconfig.json',
];

/**
 * Puts into a folder what `make` makes of the sources, copied where the same sources were made before: a run of CI
 * needs the functions in many places, and bundling all of them takes a minute.
 */
export async function bundlesInto(folder: string, make: (folder: string) => Promise<void>): Promise<void> {
  const kept = join(KEPT, NAME + sourcesHash());
  if (!existsSync(kept)) await keep(kept, make);
  await cp(kept, folder, { recursive: true });
}

async function keep(kept: string, make: (folder: string) => Promise<void>): Promise<void> {
  await mkdir(KEPT, { recursive: true });
  const made = await mkdtemp(join(KEPT, '.made-'));
  try {
    await make(made);
    await rename(made, kept);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    // Whoever made the same at the same time was quicker.
    if (!existsSync(kept)) throw error;
  }
  await removeOthers(kept);
}

/** What was made of sources that have changed since. */
async function removeOthers(kept: string): Promise<void> {
  const names = (await readdir(KEPT)).filter((name) => name.startsWith(NAME));
  const others = names.map((name) => join(KEPT, name)).filter((path) => path !== kept);
  await Promise.all(others.map((path) => rm(path, { recursive: true, force: true })));
}

function sourcesHash(): string {
  // What V8 has made of them is among what is kept.
  const hash = createHash('sha256').update(nodeIdentity());
  for (const path of globSync(SOURCES, { cwd: ROOT }).sort()) {
    hash.update(`${path}\n`).update(readFileSync(join(ROOT, path)));
  }
  return hash.digest('hex');
}
