import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { measureCosts, type OperationCost } from '../../../bench/cost-of-operations.ts';
import { type OpenedInstallation, openInstallation } from '../support/aws-installation.ts';

let aws: OpenedInstallation;
let costs: Map<string, OperationCost> | undefined;

beforeAll(async () => {
  aws = await openInstallation();
  if (aws.places.dynamodb.kind === 'engine') return;
  costs = new Map((await measureCosts(aws)).map((cost) => [cost.operation, cost]));
});

afterAll(() => aws.close());

/** Of other engines even DynamoDB Local counts otherwise: recorded-capacity.test.ts says where. */
beforeEach((context) => {
  if (costs) return;
  const reason = "only AWS and the emulator count capacity by AWS's rules";
  process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
  context.skip(reason);
});

const costOf = (operation: string) => costs?.get(operation);

/**
 * The record 2 units (a transaction doubles), each of 6 rows 2 and its entry in the index over all users 1, 2 for the
 * note of the job that follows, and 3 for the event that says who did it: that and its entry in the audit's index over
 * all users. Beside the transaction the quota's counter takes 1. Until there was an audit it was 23 in all, and each
 * other change 3 less than it is now: an event that is written with its change cannot cost less.
 */
test('an upload with 5 tags is one transaction of 25 write units, an update of the quota, and one PUT', () => {
  expect(costOf('upload-image, 5 tags')).toMatchObject({
    write_units: 26,
    read_units: 0,
    dynamodb: { TransactWriteItems: 1, UpdateItem: 1 },
    s3: { PutObject: 1 },
  });
});

test('an idempotency key is 3 write units more', () => {
  expect(costOf('upload-image, 5 tags, with an idempotency key')).toMatchObject({
    write_units: 29,
    dynamodb: { TransactWriteItems: 1, UpdateItem: 2, PutItem: 1 },
    s3: { PutObject: 1 },
  });
});

/** The image's rows are written anew with its placeholder and presets; 1 is for the note, which is read and removed. */
test('processing it is two reads, one transaction of 20 write units, and a PUT for each preset', () => {
  expect(costOf('process-image, 5 tags')).toMatchObject({
    write_units: 21,
    read_units: 2,
    dynamodb: { GetItem: 2, TransactWriteItems: 1, DeleteItem: 1 },
    s3: { HeadObject: 1, GetObject: 1, PutObject: 4 },
  });
});

test('a replacement is as an upload, with a note more, two reads and a look whether its key is free', () => {
  expect(costOf('replace-image, 5 tags')).toMatchObject({
    write_units: 28,
    read_units: 2,
    dynamodb: { GetItem: 2, TransactWriteItems: 1, UpdateItem: 1 },
    s3: { HeadObject: 1, PutObject: 1 },
  });
});

test('what was made of an image that is gone goes with one read, a look for its links, two lists, and a DELETE each', () => {
  expect(costOf('withdraw-image, 5 tags')).toMatchObject({
    write_units: 1,
    read_units: 2,
    dynamodb: { GetItem: 1, Query: 1, DeleteItem: 1 },
    s3: { ListObjectsV2: 2, DeleteObject: 4 },
  });
});

test('a delete is one read, one DELETE, one transaction of 25 write units and an update of the quota', () => {
  expect(costOf('delete-image, 5 tags')).toMatchObject({
    write_units: 26,
    read_units: 1,
    dynamodb: { GetItem: 1, TransactWriteItems: 1, UpdateItem: 1 },
    s3: { DeleteObject: 1 },
  });
});

/** One of the table and one of its index. With a change, where the transaction doubles the first, it is 3 (audit-cost.test.ts). */
test('a refusal of a caller who is known is one PutItem of 2 write units', () => {
  expect(costOf('a refusal of a caller who is known')).toMatchObject({
    write_units: 2,
    read_units: 0,
    dynamodb: { PutItem: 1 },
    s3: {},
  });
});

/** The link and its image are read together; the update counts, on condition that the link is live. */
test('opening a link is two reads and one write unit, and no request to S3', () => {
  expect(costOf('open-link')).toEqual({
    operation: 'open-link',
    read_units: 2,
    write_units: 1,
    dynamodb: { GetItem: 2, UpdateItem: 1 },
    s3: {},
  });
});

/** The link 2 (a transaction doubles), and its event 3. */
test.each(['create-link', 'revoke-link'])('%s is one transaction of 5 write units', (operation) => {
  expect(costOf(operation)).toMatchObject({ write_units: 5, s3: {} });
  expect(costOf(operation)?.dynamodb).toMatchObject({ TransactWriteItems: 1 });
});

test.each(['view-image', 'view-image-content'])('%s is one read unit and no request to S3', (operation) => {
  expect(costOf(operation)).toMatchObject({
    read_units: 1,
    write_units: 0,
    dynamodb: { GetItem: 1 },
    s3: {},
  });
});

test.each([
  ['list-images, 50 of a user', 8, 1],
  ['list-images, 50 of a user and tag', 8, 1],
  ['list-images, 50 of all', 10, 10],
  ['list-images, 50 of a tag', 10, 10],
  ['list-audit-events, 50 of a user', 8, 1],
  ['list-audit-events, 50 of all', 10, 10],
])('%s takes at most %d read units and %d queries', (operation, units, queries) => {
  const cost = costOf(operation);
  expect(cost?.write_units).toBe(0);
  expect(cost?.s3).toEqual({});
  expect(cost?.read_units).toBeLessThanOrEqual(units);
  expect(cost?.dynamodb['Query']).toBeLessThanOrEqual(queries);
  expect(Object.keys(cost?.dynamodb ?? {})).toEqual(['Query']);
});
