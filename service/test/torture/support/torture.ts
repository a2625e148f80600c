import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { ROOT } from '../../support/server-process.ts';

/** Set by `npm run test:torture`; elsewhere the same files run in their short form. */
export const TORTURE = process.env['TINTYPE_TEST_TORTURE'] === 'true';

/** A part of the long form's tries, for a look at it: `TINTYPE_TORTURE_SCALE=0.1 npm run test:torture`. */
const SCALE = Number(process.env['TINTYPE_TORTURE_SCALE'] ?? '1');

/** Another number, other moments and other inputs: `TINTYPE_TORTURE_SEED=7 npm run test:torture`. */
export const SEED = Number(process.env['TINTYPE_TORTURE_SEED'] ?? '20261121');

/** How many tries a part makes: some in `npm test`, all under `npm run test:torture`. */
export function tries({ short, long }: { readonly short: number; readonly long: number }): number {
  return TORTURE ? Math.max(short, Math.round(long * SCALE)) : short;
}

/** What a part counts: how much was tried, how many faults were met, how much was lost. */
export type Figures = { readonly [name: string]: number | string | boolean | null | Figures };

/**
 * Tells a part's figures: on the console, and of the long form in `build/torture/NAME.json` as well, which
 * is what documents may speak of.
 */
export function report(name: string, figures: Figures): void {
  process.stdout.write(`torture: ${name}${lines(figures)}\n`);
  if (!TORTURE) return;
  const folder = join(ROOT, 'build', 'torture');
  mkdirSync(folder, { recursive: true });
  const said = { name, seed: SEED, scale: SCALE, node: process.version, ...figures };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(said, null, 2)}\n`);
}

function lines(figures: Figures, depth = 1): string {
  return Object.entries(figures)
    .map(([name, value]) => {
      const words = name.replaceAll('_', ' ');
      const said = typeof value === 'object' && value !== null ? lines(value, depth + 1) : ` ${value}`;
      return `\n${'  '.repeat(depth)}${words}:${said}`;
    })
    .join('');
}

/** Ends a test as skipped, and says why. */
export function skip(context: TestContext, reason: string): never {
  process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
  return context.skip(reason);
}

/** Ends a test as skipped, and says why, in all runs but the long one. */
export function onlyUnderTorture(context: TestContext): void {
  if (!TORTURE) skip(context, 'npm run test:torture runs it');
}
