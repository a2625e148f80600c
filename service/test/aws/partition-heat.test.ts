import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { heatReport } from '../../../bench/heat-report.ts';
import { FIGURES_FILE, type MeasuredFigures } from '../../../bench/measured-figures.ts';
import {
  type Crowd,
  EVENT_UNITS,
  heatOf,
  indexKeysOf,
  NOTE_UNITS,
  PARTITION_UNITS,
  QUOTA_UNITS,
  RECORD_UNITS,
  tableKeysOf,
  throttlesFrom,
  UNITS,
  uploadsOf,
  zipf,
} from '../../../bench/partition-heat.ts';
import { seededRandom } from '../../../bench/seeded-random.ts';
import { rowsOf } from '../../src/drivers/aws/image-item.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { sampleRecord } from '../support/sample-record.ts';

const FEW: Crowd = { users: 100, userExponent: 0.8, tags: 50, tagExponent: 0.8, tagsOfAnImage: 3 };

test.each([1, 4, 8])('the simulated keys are those that the driver writes, over %d shards', (shards) => {
  const record = sampleRecord({ user_id: 'a#b', tags: ['sea', 'dusk/2', 'über'] });
  const keys = [...tableKeysOf(record), ...indexKeysOf(record, shards)];
  const written = rowsOf(record, shards).flatMap(({ item }) => [item['pk']?.S, item['gpk']?.S]);
  expect(keys.map(([, key]) => key).sort()).toEqual(written.sort());
  for (const [kind, key] of keys) expect(key.startsWith(`${kind}#`)).toBe(true);
});

test.each([0, 5, 20])(
  'the simulated units of an upload with %d tags and its job are those measured',
  async (count) => {
    const kept: MeasuredFigures = JSON.parse(await readFile(FIGURES_FILE, 'utf8'));
    const tags = Array.from({ length: count }, (_unused, at) => `tag-${at}`);
    const upload = { image_id: 'x-00000000', user_id: 'alice', tags };
    const keys = [...tableKeysOf(upload), ...indexKeysOf(upload, 4)];
    const beside = RECORD_UNITS + QUOTA_UNITS + NOTE_UNITS + EVENT_UNITS;
    const units = keys.reduce((sum, [kind]) => sum + UNITS[kind], beside);
    const written = ['upload-image', 'process-image'].map(
      (name) => kept.operations[`${name}, ${count} tags`]?.write_units ?? Number.NaN,
    );
    expect(units).toBe(written.reduce((sum, each) => sum + each));
  },
);

test('a run is repeated to the last unit, and another seed makes another', () => {
  const run = (seed: number) => heatOf(FEW, { rate: 20, seconds: 5, shards: [1, 4], seed });
  expect(run(7)).toEqual(run(7));
  expect(run(7)).not.toEqual(run(8));
});

test('ranks are drawn by Zipf’s law', () => {
  const draw = zipf(1000, 1, seededRandom(3));
  const drawn = new Array<number>(1000).fill(0);
  for (let at = 0; at < 100_000; at++) {
    const rank = draw();
    drawn[rank] = (drawn[rank] ?? 0) + 1;
  }
  const [first = 0, second = 0, , , fifth = 0] = drawn;
  const harmonic = Array.from({ length: 1000 }, (_unused, at) => 1 / (at + 1)).reduce((a, b) => a + b);
  expect(first / 100_000).toBeCloseTo(1 / harmonic, 2);
  expect(first / second).toBeCloseTo(2, 0);
  expect(first / fifth).toBeCloseTo(5, 0);
});

test('an upload has as many different tags as it should', () => {
  const uploads = uploadsOf(FEW, 1);
  for (let made = 0; made < 50; made++) expect(new Set(uploads.next().value.tags).size).toBe(3);
});

test('one shard of the feed gets every upload, and of several each its part', () => {
  const { index } = heatOf(FEW, { rate: 400, seconds: 10, shards: [1, 4], seed: 1 });
  expect(index.get(1)?.FEED).toEqual({ key: 'FEED#0', mean: 800, worst: 800 });
  const { mean = 0, worst = 0 } = index.get(4)?.FEED ?? {};
  expect(mean).toBeGreaterThanOrEqual(200);
  expect(mean).toBeLessThan(220);
  expect(worst).toBeGreaterThan(mean);
});

test('the hottest of the users and tags are the first of their ranks', () => {
  const { table, index } = heatOf(FEW, { rate: 500, seconds: 4, shards: [1], seed: 1 });
  expect(table.USER.key).toBe('USER#user-0');
  expect(table.UTAG.key).toBe('UTAG#user-0#tag-0');
  expect(index.get(1)?.TAG.key).toBe('TAG#tag-0#0');
});

test('at the rate that is said to be too much, the simulated key gets what a partition takes', () => {
  const everyone: Crowd = { ...FEW, users: 1, tags: 1, tagsOfAnImage: 1 };
  for (const kind of ['USER', 'UTAG'] as const) {
    const rate = throttlesFrom(kind, 1, 1);
    expect(heatOf(everyone, { rate, seconds: 1, shards: [1], seed: 1 }).table[kind].mean).toBe(
      PARTITION_UNITS,
    );
  }
  for (const kind of ['FEED', 'TAG'] as const) {
    const rate = throttlesFrom(kind, 1, 1);
    const { index } = heatOf(everyone, { rate, seconds: 1, shards: [1], seed: 1 });
    expect(index.get(1)?.[kind].mean).toBe(PARTITION_UNITS);
  }
  expect(throttlesFrom('TAG', 0.1, 8)).toBe(40_000);
});

test('the guide to scaling has what is simulated; `npm run bench:heat` prints it anew', async (context) => {
  onlyWhenLarge(context);
  const guide = await readFile(new URL('../../../docs/scaling.md', import.meta.url), 'utf8');
  expect(guide).toContain(heatReport());
});

test('the guide to scaling has the figures that were measured', async () => {
  const guide = await readFile(new URL('../../../docs/scaling.md', import.meta.url), 'utf8');
  const { operations, stored_bytes }: MeasuredFigures = JSON.parse(await readFile(FIGURES_FILE, 'utf8'));
  const [upload, feed] = [operations['upload-image, 5 tags'], operations['list-images, 50 of all']];
  const { images = 0, listings = 0, everyone = 0 } = stored_bytes['5'] ?? {};
  const text = (count: number) => count.toLocaleString('en-GB');
  for (const part of [
    `With 5 tags, ${upload?.write_units} write units`,
    `${feed?.dynamodb['Query']} queries and ${feed?.read_units} read units`,
    `takes ${text(images + listings + everyone)} bytes in DynamoDB: ${images} for the record, ${text(listings)} for rows`,
  ]) {
    expect(guide).toContain(part);
  }
});
