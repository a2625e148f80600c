import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../../test/support/scratch-folder.ts';

const LOG = new URL('./log.ts', import.meta.url).href;

interface Entry {
  readonly time: string;
  readonly msg: string;
}

interface Printed {
  readonly entries: readonly Entry[];
  /** What they say. */
  readonly lines: readonly string[];
  readonly code: number | null;
}

/** What a process of its own prints that does this with a log, into a pipe or a file. */
async function printed(into: 'a pipe' | 'a file', body: string): Promise<Printed> {
  await using folder = await scratchFolder();
  const path = join(folder.path, 'log');
  await using file = await open(path, 'w');
  const script = `const { createLog } = await import('${LOG}'); const log = await createLog({ logLevel: 'info' }); ${body}`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  const stdout = into === 'a pipe' ? 'pipe' : file.fd;
  const child = spawn(process.execPath, args, { stdio: ['ignore', stdout, 'ignore'] });
  const [[code], piped] = await Promise.all([once(child, 'close'), child.stdout ? text(child.stdout) : '']);
  const output = into === 'a pipe' ? piped : await readFile(path, 'utf8');
  const entries = output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry);
  return { entries, lines: entries.map(({ msg }) => msg), code };
}

const KILL = "process.kill(process.pid, 'SIGKILL'); for (;;);";

describe.each(['a pipe', 'a file'] as const)('lines of a log into %s', (into) => {
  test('are all there, in their order, however many there are of them at once', async () => {
    const { lines } = await printed(into, "for (let n = 0; n < 5000; n++) log.info({ n }, 'line ' + n);");
    expect(lines).toEqual(Array.from({ length: 5000 }, (_, n) => `line ${n}`));
  });

  test('are there where the process ends at once, of itself or by what nobody catches', async () => {
    const exited = await printed(into, "log.info({}, 'one'); log.error({}, 'two'); process.exit(3);");
    expect(exited).toMatchObject({ lines: ['one', 'two'], code: 3 });
    const thrown = await printed(
      into,
      "log.info({}, 'one'); log.info({}, 'two'); throw new Error('uncaught');",
    );
    expect(thrown).toMatchObject({ lines: ['one', 'two'], code: 1 });
  });

  test('are there where it ends between turns of the event loop', async () => {
    const body = `const end = (n) => { log.info({}, 'line ' + n); if (n === 50) process.exit(0); setImmediate(end, n + 1); }; end(0);`;
    const { lines } = await printed(into, body);
    expect([...lines].sort()).toEqual(Array.from({ length: 51 }, (_, n) => `line ${n}`).sort());
  });

  test('of the last kind are written before anything else happens', async () => {
    const { lines } = await printed(into, `log.info({}, 'one'); log.fatal({}, 'two'); ${KILL}`);
    expect(lines).toEqual(['one', 'two']);
  });
});

test('each line has the time at which it was logged, also where the clock stands still or goes back', async () => {
  const times = [0, 0, 1, 1, 2, 1, 999, 0].map((more) => Date.UTC(2026, 4, 4) + more);
  const body = `for (const time of ${JSON.stringify(times)}) { Date.now = () => time; log.info({}, 'line'); }`;
  const { entries } = await printed('a file', body);
  expect(entries.map(({ time }) => time)).toEqual(times.map((time) => new Date(time).toISOString()));
});

test('lines into a file are written within a turn or two, whatever becomes of the process then', async () => {
  const turns = `setImmediate(() => setImmediate(() => setImmediate(() => { ${KILL} })));`;
  const { lines } = await printed('a file', `log.info({}, 'one'); log.info({}, 'two'); ${turns}`);
  expect(lines).toEqual(['one', 'two']);
});

test('a pipe that nobody reads from holds nobody up', async () => {
  const body = `for (let n = 0; n < 1000; n++) log.info({ n, long: 'x'.repeat(1000) }, 'line');
    setTimeout(() => { process.stderr.write('going on'); process.exit(0); }, 100);`;
  const script = `const { createLog } = await import('${LOG}'); const log = await createLog({ logLevel: 'info' }); ${body}`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  expect(await new Promise((said) => child.stderr.once('data', (data) => said(String(data))))).toBe(
    'going on',
  );
  child.stdout.resume();
  await once(child, 'close');
});
