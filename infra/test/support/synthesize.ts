import { execFile } from 'node:child_process';
import { globSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { FUNCTIONS } from '../../../service/src/operations/manifest.ts';
import { newApp } from '../../src/checked-app.ts';
import { makeStacks } from '../../src/stacks.ts';
import { stageOf, VARIANTS } from './variants.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Makes the templates of all variants once, below one folder; a rule that is broken ends the run here. */
export default async function synthesize(project: TestProject): Promise<() => Promise<void>> {
  await buildBundles();
  const folder = await mkdtemp(join(tmpdir(), 'tintype-infra-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    for (const variant of VARIANTS) {
      const stage = stageOf(variant);
      const app = newApp(join(folder, variant));
      makeStacks(app, stage, undefined);
      app.synth();
      writeFileSync(join(folder, variant, 'stage.json'), JSON.stringify(stage));
    }
  } catch (error) {
    await remove();
    throw error;
  }
  project.provide('templates', folder);
  return remove;
}

/** The functions' code, in build/lambda, unless what is there is newer than all that it is made of. */
async function buildBundles(): Promise<void> {
  const time = (path: string) =>
    statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
  const built = Math.min(...FUNCTIONS.map(({ name }) => time(`build/lambda/${name}/index.mjs`)));
  const sources = globSync(['service/src/**/*.ts', 'scripts/*.ts', 'package-lock.json'], {
    cwd: ROOT,
  });
  if (built > Math.max(...sources.map(time))) return;
  await promisify(execFile)('npm', ['run', '--silent', 'build:lambda'], { cwd: ROOT });
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the templates, a folder a variant. */
    templates: string;
  }
}
