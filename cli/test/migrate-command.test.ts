import { expect, test } from 'vitest';
import { progressLines } from '../src/progress-lines.ts';
import { runCommand } from '../src/run-command.ts';
import type { Terminal } from '../src/terminal.ts';

function recording(terminal: Partial<Terminal> = {}) {
  const written: string[] = [];
  return { ...terminal, written, write: (text: string) => written.push(text) };
}

async function called(...args: string[]) {
  const [out, errors] = [recording(), recording()];
  const code = await runCommand(args, out, errors);
  return { code, out: out.written.join(''), errors: errors.written.join('') };
}

test('help says what there is, and how a migration is made', async () => {
  expect(await called('--help')).toMatchObject({
    code: 0,
    out: expect.stringContaining('migrate'),
    errors: '',
  });
  const { code, out } = await called('migrate', '--help');
  expect(code).toBe(0);
  for (const part of ['--from ./data --to aws', '--delete', 'IMAGES_BUCKET', 'Exit codes']) {
    expect(out).toContain(part);
  }
});

test.each([
  [[], /Commands:/],
  [['copy'], /There is no command "copy"/],
  [['toString'], /There is no command "toString"/],
  [['migrate'], /Both --from and --to are needed/],
  [['migrate', '--from', './data'], /Both --from and --to are needed/],
  [['migrate', '--from', 'a', '--to', 'b', '--at-once', '0'], /--at-once must be a number from 1 to 64/],
  [['migrate', '--from', 'a', '--to', 'b', '--at-once', 'x'], /--at-once must be/],
  [['migrate', '--from', 'a', '--to', 'b', '--remove'], /--remove/],
  [['migrate', 'a', 'b'], /positional/],
])('%j is not understood, which is said on standard error', async (args, message) => {
  const { code, out, errors } = await called(...args);
  expect([code, out]).toEqual([2, '']);
  expect(errors).toMatch(message);
});

test('a place cannot be moved onto itself', async () => {
  const { code, errors } = await called('migrate', '--from', './here', '--to', './cli/../here/.');
  expect(code).toBe(1);
  expect(errors).toContain('The two places are the same');
  expect((await called('migrate', '--from', 'aws', '--to', 'aws')).errors).toContain('the same');
});

test('a source that holds no images is named', async () => {
  const { code, errors } = await called('migrate', '--from', '/nowhere/at/all', '--to', '/nowhere/else');
  expect(code).toBe(1);
  expect(errors).toContain('The folder /nowhere/at/all holds no images');
});

const at = (done: number) => ({
  phase: 'copying' as const,
  done,
  expected: 400,
  copied: done,
  copiedBytes: done * 1_000_000,
});

test('a log gets a line every hundred images', () => {
  const out = recording();
  const lines = progressLines(out);
  for (let done = 1; done <= 250; done++) lines.show(at(done));
  lines.end();
  expect(out.written).toEqual([
    'copying: 100 of 400 images, 100 copied (100.0 MB)\n',
    'copying: 200 of 400 images, 200 copied (200.0 MB)\n',
  ]);
});

test('a terminal has one line with a bar that is written anew now and then, no longer than it is wide', () => {
  let now = 0;
  const out = recording({ isTTY: true, columns: 60 });
  const lines = progressLines(out, () => now);
  lines.show(at(100));
  lines.show(at(101));
  now = 100;
  lines.show(at(200));
  lines.say('image x has no bytes');
  lines.end();
  expect(out.written[0]?.slice('\r\u001b[K'.length)).toHaveLength(59);
  expect(out.written).toEqual([
    '\r\u001b[K[######..................] copying: 100 of 400 images, 100 ',
    '\r\u001b[K[############............] copying: 200 of 400 images, 200 ',
    '\r\u001b[Kimage x has no bytes\n',
    '\r\u001b[K',
  ]);
});

test('an estimate that has been passed is not shown', () => {
  const out = recording();
  progressLines(out).show({ ...at(100), expected: 7 });
  expect(out.written).toEqual(['copying: 100 images, 100 copied (100.0 MB)\n']);
});
