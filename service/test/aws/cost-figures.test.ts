import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FIGURES_FILE, type MeasuredFigures, measureFigures } from '../../../bench/measured-figures.ts';
import { sizeOf, storedBytes } from '../../../bench/stored-bytes.ts';
import { itemFromRecord, rowsOf } from '../../src/drivers/aws/image-item.ts';
import { type OpenedInstallation, openInstallation } from '../support/aws-installation.ts';
import { LARGE, onlyWhenLarge } from '../support/large.ts';
import { sampleRecord } from '../support/sample-record.ts';

// Every figure is measured anew.
beforeEach(onlyWhenLarge);

const kept: MeasuredFigures = JSON.parse(await readFile(FIGURES_FILE, 'utf8'));

describe('the figures that bills are made from', () => {
  let aws: OpenedInstallation | undefined;
  let measured: MeasuredFigures | undefined;

  beforeAll(async () => {
    if (!LARGE) return;
    aws = await openInstallation();
    if (aws.places.dynamodb.kind !== 'engine') measured = await measureFigures(aws);
  });

  afterAll(() => aws?.close());

  beforeEach((context) => {
    if (measured) return;
    const reason = "only AWS and the emulator count capacity by AWS's rules";
    process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
    context.skip(reason);
  });

  test('are what is measured now; `npm run bench:cost -- --write` renews them', () => {
    expect(measured).toEqual(kept);
  });

  test.each(['upload-image', 'process-image', 'update-image, title', 'delete-image'])(
    'every tag adds the same to the write units of %s, from none to twenty',
    (operation) => {
      const units = (tags: number) =>
        measured?.operations[`${operation}, ${tags} tags`]?.write_units ?? Number.NaN;
      const each = (units(20) - units(0)) / 20;
      expect(each).toBe(3);
      for (const tags of [5, 10]) expect(units(tags)).toBe(units(0) + tags * each);
    },
  );
});

describe('what an image takes in DynamoDB', () => {
  test('is names and values by AWS’s rules: text in bytes, two digits a byte, lists with their own', () => {
    expect(sizeOf({ a: { S: 'é' } })).toBe(1 + 2);
    expect(sizeOf({ n: { N: '12345' } })).toBe(1 + 3 + 1);
    expect(sizeOf({ tags: { L: [{ S: 'sea' }, { S: 'wave' }] } })).toBe(4 + 3 + (3 + 1) + (4 + 1));
    expect(sizeOf({ m: { M: { a: { S: 'é' }, b: { N: '7' } } } })).toBe(1 + 3 + (1 + 2 + 1) + (1 + 2 + 1));
    expect(() => sizeOf({ b: { B: new Uint8Array(1) } })).toThrow('another kind');
  });

  test('is known for each kind of value that the driver writes', () => {
    const record = sampleRecord();
    expect(sizeOf(itemFromRecord(record, 'bucket'))).toBeGreaterThan(400);
    for (const { item } of rowsOf(record, 4)) expect(sizeOf(item)).toBeLessThan(1024);
  });

  test('stays under 1 KB a row and a record with twenty tags, as the write units say', () => {
    const { images, listings } = storedBytes(20);
    expect(images - 100).toBeLessThan(1024);
    expect(listings / 21 - 100).toBeLessThan(1024);
  });
});
