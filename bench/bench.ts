import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench } from './benchmark.ts';
import { WORKS } from './benchmark.ts';
import { ROOT } from './processes.ts';
import { busyShare, lineOf, machineNote, type Result, tableOf } from './report.ts';

/**
 * `npm run bench [-- upload view ...] [--check] [--quick]`: Tintype and bare counterparts of it, side by side. Prints a line for
 * each comparison, a table at the end, and writes build/bench/results.json. With `--check` it fails where a target is
 * missed; `--quick` only shows that everything can be measured.
 */
const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});

const unknown = positionals.filter((name) => !(name in WORKS));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(WORKS).join(', ')}.\n`,
  );
  process.exit(2);
}
const names = positionals.length > 0 ? positionals : Object.keys(WORKS);

const pace = values.quick ? { seconds: 1, rounds: 1 } : { seconds: 3, rounds: 5 };

const say = (line: string) => process.stdout.write(`${line}\n`);
const folder = join(ROOT, 'build', 'bench');
await mkdir(folder, { recursive: true });
// Beside the sources, and not where temporary files lie: that may be memory, on which a sync costs nothing.
const scratch = await mkdtemp(join(folder, 'scratch-'));
const results: Result[] = [];
const busy = await busyShare();
say(machineNote(busy));
try {
  for (const name of names) {
    const run = await (WORKS[name] as () => Promise<Bench>)();
    const place = await mkdtemp(join(scratch, `${name}-`));
    for await (const result of run({ scratch: place, say, ...pace })) {
      results.push(result);
      say(lineOf(result));
    }
    await rm(place, { recursive: true, force: true });
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}
say(`\n${tableOf(results)}`);
await writeFile(
  join(folder, 'results.json'),
  `${JSON.stringify({ at: new Date().toISOString(), machine: machineNote(busy), results }, null, 2)}\n`,
);
const missed = results.filter((result) =>
  'figure' in result ? result.figure > result.most : result.met === false,
);
if (values.check && missed.length > 0) process.exitCode = 1;
