import { execFile } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeCodeCaches, STAGE_ENVIRONMENT } from '../../scripts/code-caches.ts';
import { bundleFunction, bundleHandler } from '../../scripts/function-bundle.ts';
import type { Bench } from '../benchmark.ts';
import { type Contender, compare } from '../comparison.ts';
import { ROOT } from '../processes.ts';

/** Those that people wait for most, the largest of all among them, and the one that decodes. */
const FUNCTIONS = ['view-image', 'list-images', 'upload-image', 'delete-image', 'process-image'];
const FEW = ['view-image', 'upload-image'];

/** Starts of a round, of which it gives the median. */
const STARTS = 5;

/**
 * What a cold start has that others have not: a function's code is read, compiled where it was not before, and run, and
 * its clients are made.
 */
export const lambdaBench: Bench = async function* ({ scratch, seconds, rounds }) {
  const quick = seconds < 2;
  const starts = quick ? 1 : STARTS;
  // Code that is external, and never loaded, would be found where AWS has it: above the function.
  await symlink(join(ROOT, 'node_modules'), join(scratch, 'node_modules'));
  const place = (name: string) => join(scratch, name);
  await bundleHandler(join(ROOT, 'bench/bare/lambda-handler.ts'), place('bare'));
  for (const name of quick ? FEW : FUNCTIONS) {
    await bundleFunction(name, place(name));
    await makeCodeCaches([place(name)]);
    yield* compare({
      work: `cold import of ${name}`,
      unit: 'ms',
      better: 'smaller',
      ours: imported('Tintype', place(name), starts),
      against: [{ ...imported('a bare handler with the same clients', place('bare'), starts), target: 1.15 }],
      rounds,
    });
  }
};

function imported(name: string, folder: string, starts: number): Contender {
  return {
    name,
    async round() {
      const times: number[] = [];
      for (let start = 0; start < starts; start++) times.push(await importTime(join(folder, 'index.mjs')));
      return times.sort((a, b) => a - b)[Math.floor(starts / 2)] ?? Number.NaN;
    },
  };
}

/** In a process of its own, in milliseconds. */
async function importTime(file: string): Promise<number> {
  const script = join(ROOT, 'bench/bare/time-import.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, file], { env: STAGE_ENVIRONMENT });
  // A function that has to compile its code says so there.
  if (Number.isNaN(Number(stdout))) throw new Error(`It did not start as it should: ${stdout}`);
  return Number(stdout);
}
