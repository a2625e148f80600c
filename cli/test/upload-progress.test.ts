import { expect, test } from 'vitest';
import type { LocalImage } from '../src/upload/find-images.ts';
import { durationText, UploadProgress } from '../src/upload/upload-progress.ts';

const files = (count: number, size: number): LocalImage[] =>
  Array.from({ length: count }, (_, n) => ({ path: `${n}.png`, size, changed: 0, isNamed: false }));

function shown(count: number, size: number, terminal: { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  let now = 0;
  const images = files(count, size);
  const out = { ...terminal, write: (text: string) => written.push(text) };
  const progress = new UploadProgress(out, images, () => now);
  return { progress, images, written, pass: (ms: number) => (now += ms) };
}

const last = (written: readonly string[]) => written.at(-1)?.replace('\r\u001b[K', '');

test('a person sees files, bytes, how fast it goes, and how long it will take, in one line', () => {
  const { progress, images, written, pass } = shown(4, 1_000_000, { isTTY: true, columns: 120 });
  const [first, second] = images;
  if (!first || !second) throw new Error('There are no images.');
  pass(1000);
  progress.sent(first, 500_000);
  expect(last(written)).toBe('[###.................] 0 of 4 files, 500.0 KB of 4.0 MB, 500.0 KB/s, 7 s left');
  pass(1000);
  progress.done(first);
  expect(last(written)).toBe('[#####...............] 1 of 4 files, 1.0 MB of 4.0 MB, 500.0 KB/s, 6 s left');
  progress.sent(second, 100_000);
  expect(written).toHaveLength(2);
  pass(20_000);
  progress.done(second);
  // What was long ago says nothing of how fast it goes now.
  expect(last(written)).toMatch(/2 of 4 files, 2\.0 MB of 4\.0 MB, 5\d\.\d KB\/s, \d+ s left$/);
  progress.clear();
  expect(written.at(-1)).toBe('\r\u001b[K');
});

test('the line is no longer than the terminal is wide', () => {
  const { progress, images, written, pass } = shown(1, 1000, { isTTY: true, columns: 30 });
  pass(1000);
  for (const image of images) progress.done(image);
  expect(last(written)?.length).toBe(29);
});

test('a log gets a line for each hundred files, and nothing to be updated', () => {
  const { progress, images, written } = shown(250, 10, {});
  for (const image of images) progress.done(image);
  progress.clear();
  expect(written).toEqual(['100 of 250 files, 1.0 KB of 2.5 KB\n', '200 of 250 files, 2.0 KB of 2.5 KB\n']);
});

test.each([
  [0, '0 s'],
  [0.2, '1 s'],
  [59, '59 s'],
  [200, '3 min 20 s'],
  [7500, '2 h 5 min'],
])('%j seconds are %j', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});
