import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { CHROMIUM, CHROMIUM_ARGUMENTS, HAS_CHROMIUM } from '../../web/test/browser/support/chromium-path.ts';
import { startServer } from '../processes.ts';
import { fillFolder } from './fill-folder.ts';
import { firstPaint, scrolled } from './measure-page.ts';

/**
 * `npm run bench:gallery [-- --images 100000] [--check]`: the gallery of a user with many images in a real browser,
 * over the embedded home. Prints what it measures; with `--check` it fails where the bounds are not kept.
 */
const { values } = parseArgs({
  options: { images: { type: 'string', default: '100000' }, check: { type: 'boolean', default: false } },
});

/** What was promised, in milliseconds: the first page is painted, and no task takes longer while it is scrolled. */
const FIRST_PAINT_WITHIN = 1_000;
const LONGEST_TASK = 200;

/** However far it is scrolled. */
const MOST_NODES = 6_000;
const MOST_HEAP_GROWTH_MB = 50;

/** Fresh profiles that open the page, one after the other. */
const OPENINGS = 5;

const VIEWPORT = { width: 1440, height: 900 };

const count = Number(values.images);
if (!Number.isInteger(count) || count < 1) {
  process.stderr.write('usage: npm run bench:gallery [-- --images 100000] [--check]\n');
  process.exit(2);
}
const say = (line: string) => process.stdout.write(`${line}\n`);
if (!HAS_CHROMIUM) {
  say(`Not measured: there is no Chromium at ${CHROMIUM}. Install it, or say where one is in CHROMIUM_PATH.`);
  process.exit(0);
}

const folder = await mkdtemp(join(tmpdir(), 'tintype-bench-'));
const beyond: string[] = [];
const bound = (what: string, value: number, most: number) => {
  if (value > most) beyond.push(`${what}: ${Math.round(value)}, and at most ${most} is promised`);
};
try {
  const dataDir = join(folder, 'data');
  await fillFolder(dataDir, count);
  await using server = await startServer(dataDir);
  await measure(server.url);
} finally {
  await rm(folder, { recursive: true, force: true });
}
for (const line of beyond) say(`beyond its bound: ${line}`);
if (values.check && beyond.length > 0) process.exitCode = 1;

async function measure(url: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  try {
    const openings: { contentful: number; grid: number }[] = [];
    for (let opening = 0; opening < OPENINGS; opening++) {
      const context = await browser.newContext({ viewport: VIEWPORT });
      openings.push(await firstPaint(await context.newPage(), url));
      await context.close();
    }
    const grids = openings.map(({ grid }) => grid).sort((a, b) => a - b);
    const median = grids[Math.floor(grids.length / 2)] ?? 0;
    say(
      `${count.toLocaleString('en')} images, Chromium ${browser.version()}, ${VIEWPORT.width}x${VIEWPORT.height}, load of the machine ${loadavg()[0]?.toFixed(1)}`,
    );
    say(
      `first page painted, placeholders and all: ${grids.map(Math.round).join(', ')} ms (median ${Math.round(median)})`,
    );
    say(`first contentful paint: ${openings.map(({ contentful }) => Math.round(contentful)).join(', ')} ms`);
    bound('first page painted, in ms', median, FIRST_PAINT_WITHIN);
    const page = await browser.newPage({ viewport: VIEWPORT });
    const { passes, before, after } = await scrolled(page, url);
    for (const { name, pixels, seconds, frames, tasks, furthestRow } of passes) {
      const longest = (of: 'wall' | 'cpu') => Math.round(Math.max(0, ...tasks.map((task) => task[of])));
      say(
        `${name}: ${Math.round(pixels).toLocaleString('en')} pixels, as far as row ${furthestRow.toLocaleString('en')}, in ${seconds.toFixed(1)} s, ${Math.round(frames / seconds)} frames a second`,
      );
      say(
        `  longest task ${longest('wall')} ms (${longest('cpu')} ms of the processor), ${tasks.length} of 50 ms or more`,
      );
      bound(`longest task, ${name}, in ms`, longest('wall'), LONGEST_TASK);
    }
    const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
    say(
      `JavaScript heap: ${megabytes(before.heap)} MB at first, ${megabytes(after.heap)} MB after scrolling`,
    );
    say(`nodes: ${before.nodes} at first, ${after.nodes} after scrolling`);
    bound('nodes', after.nodes, MOST_NODES);
    bound('growth of the heap, in MB', (after.heap - before.heap) / 1024 / 1024, MOST_HEAP_GROWTH_MB);
  } finally {
    await browser.close();
  }
}
