import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openInstallation } from '../../../test/support/aws-installation.ts';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { OUTAGES, stubbedClient } from '../../../test/support/stubbed-aws.ts';
import { unavailable } from '../../domain/errors.ts';
import type { Job } from '../../domain/job.ts';
import { DynamoImageIndex } from './dynamo-image-index.ts';
import { DynamoJobOutbox, type OutboxKey } from './dynamo-job-outbox.ts';
import { jobPartition } from './listing-keys.ts';

const SHARDS = 4;
const RECORD = sampleRecord();
const { image_id } = RECORD;
const NEXT = { ...RECORD, title: 'next', revision: 2 };
const processing = (version: number): Job => ({ kind: 'process-image', image_id, version });
const versionOf = (job: Job) => ('version' in job ? job.version : undefined);

interface Note extends OutboxKey {
  readonly job: string;
}

type Send = (job: Job, key: OutboxKey) => Promise<void>;

/** An outbox at an empty table, the index that writes to it, and what was sent with what place. */
async function openOutbox({ send = async () => {} }: { readonly send?: Send } = {}) {
  const { clients, storage, close } = await openInstallation();
  onTestFinished(close);
  const { dynamodb: client } = clients;
  const { tables, bucket } = storage;
  const shards = async () => SHARDS;
  const log = recordingLog();
  const sent: { job: Job; key: OutboxKey }[] = [];
  const outbox = new DynamoJobOutbox({
    client,
    table: tables.listings,
    shards,
    async send(job, key) {
      await send(job, key);
      sent.push({ job, key });
    },
    log,
  });
  const index = new DynamoImageIndex({ client, tables, bucket, shards, pause: async () => {}, outbox });
  const notesOf = async (shard: number): Promise<Note[]> => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: tables.listings,
        ConsistentRead: true,
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: { '#pk': 'pk' },
        ExpressionAttributeValues: { ':pk': { S: jobPartition(shard) } },
      }),
    );
    return Items.map(({ pk, sk, job }) => ({ pk: pk?.S ?? '', sk: sk?.S ?? '', job: job?.S ?? '' }));
  };
  const notes = async () => (await Promise.all([0, 1, 2, 3].map(notesOf))).flat();
  /** Writes notes down that came one after another, a millisecond apart. */
  const writeDown = async (shard: number, from: number, jobs: readonly string[]) => {
    const put = (job: string, n: number) => {
      const sk = `${new Date(from + n).toISOString()}#${crypto.randomUUID()}`;
      const Item = { pk: { S: jobPartition(shard) }, sk: { S: sk }, job: { S: job } };
      return client.send(new PutItemCommand({ TableName: tables.listings, Item }));
    };
    await Promise.all(jobs.map(put));
  };
  return { outbox, index, sent, notes, writeDown, log: log.entries };
}

const texts = (versions: readonly number[]) => versions.map((version) => JSON.stringify(processing(version)));
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n);

const SOON = () => Date.now() + 60_000;
const LONG_AGO = Date.UTC(2026, 0, 1);

describe('a job that is caused by a change', () => {
  test('is written down with it, and sent with the place of its note', async () => {
    const { index, sent, notes } = await openOutbox();
    await index.insert(RECORD, [processing(1)]);
    const [note, ...others] = await notes();
    expect(others).toEqual([]);
    expect(note).toEqual({
      pk: expect.stringMatching(/^DUE#job#[0-3]$/),
      sk: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#[0-9a-f-]{36}$/),
      job: JSON.stringify(processing(1)),
    });
    expect(sent).toEqual([{ job: processing(1), key: { pk: note?.pk, sk: note?.sk } }]);
  });

  test('is sent once it is written, and not before', async () => {
    const seen: number[] = [];
    const opened: Awaited<ReturnType<typeof openOutbox>> = await openOutbox({
      send: async () => void seen.push((await opened.notes()).length),
    });
    await opened.index.insert(RECORD, [processing(1), processing(2)]);
    expect(seen).toEqual([2, 2]);
  });

  test('has a note of its own, whatever else is written at the same moment, over all shards', async () => {
    const { outbox, sent } = await openOutbox();
    const { items, send } = await outbox.note(numbers(1, 200).map(processing));
    await send();
    expect(new Set(items.map(({ Put }) => Put?.Item?.['sk']?.S)).size).toBe(200);
    expect(new Set(sent.map(({ key }) => key.pk)).size).toBe(SHARDS);
  });

  test('is neither written down nor sent if the change is refused', async () => {
    const { index, sent, notes } = await openOutbox();
    await expect(index.replace(RECORD, NEXT, [processing(1)])).rejects.toMatchObject({ code: 'not_found' });
    await index.insert(RECORD);
    await expect(index.insert(RECORD, [processing(1)])).rejects.toMatchObject({ code: 'conflict' });
    expect([sent, await notes()]).toEqual([[], []]);
  });

  test('is refused, with the change, by an index that has no outbox', async () => {
    const { client, sent } = stubbedClient<DynamoDBClient>(() => ({}));
    const tables = { images: 'images', listings: 'listings' };
    const shards = async () => SHARDS;
    const index = new DynamoImageIndex({ client, tables, bucket: 'b', shards, pause: async () => {} });
    await expect(index.insert(RECORD, [processing(1)])).rejects.toThrow('no outbox');
    expect(sent).toEqual([]);
  });
});

describe('a job that could not be sent', () => {
  const down = unavailable('The job queue cannot do this now.', new Error('away'));

  test('is logged and lies in its note, and the change is made', async () => {
    const { index, notes, log } = await openOutbox({ send: () => Promise.reject(down) });
    await index.insert(RECORD, [processing(1)]);
    expect(await index.get(image_id)).toStrictEqual(RECORD);
    expect(await notes()).toHaveLength(1);
    expect(log).toMatchObject([{ level: 'warn', fields: { err: down, job: processing(1) } }]);
  });

  test('holds up no other of the same change', async () => {
    const send: Send = (job) => (versionOf(job) === 1 ? Promise.reject(down) : Promise.resolve());
    const { index, sent, notes } = await openOutbox({ send });
    await index.insert(RECORD, [processing(1), processing(2)]);
    expect(sent.map(({ job }) => job)).toEqual([processing(2)]);
    expect(await notes()).toHaveLength(2);
  });

  test('is sent again from its note, once', async () => {
    let isDown = true;
    const { index, outbox, sent, notes } = await openOutbox({
      send: () => (isDown ? Promise.reject(down) : Promise.resolve()),
    });
    await index.insert(RECORD, [processing(1)]);
    const [note] = await notes();
    isDown = false;
    expect(await outbox.resend(SOON())).toBe(1);
    expect(sent).toEqual([{ job: processing(1), key: { pk: note?.pk, sk: note?.sk } }]);
    expect(await notes()).toEqual([]);
    expect(await outbox.resend(SOON())).toBe(0);
    expect(sent).toHaveLength(1);
  });

  test('stays in its note if it cannot be sent again either, and holds up none behind it', async () => {
    const failures = new Set([3]);
    const { outbox, sent, notes, writeDown } = await openOutbox({
      send: async (job) => {
        if (failures.has(versionOf(job) ?? 0)) throw down;
      },
    });
    await writeDown(0, LONG_AGO, texts([1, 2, 3, 4, 5]));
    await expect(outbox.resend(SOON())).rejects.toBe(down);
    expect(sent.map(({ job }) => versionOf(job))).toEqual([1, 2, 4, 5]);
    expect((await notes()).map(({ job }) => job)).toEqual(texts([3]));
    failures.clear();
    expect(await outbox.resend(SOON())).toBe(1);
    expect(sent.map(({ job }) => versionOf(job))).toEqual([1, 2, 4, 5, 3]);
    expect(await notes()).toEqual([]);
  });
});

describe('sending again', () => {
  test('leaves what has been forgotten since, and nothing else', async () => {
    const { index, outbox, sent, notes } = await openOutbox();
    await index.insert(RECORD, [processing(1), processing(2)]);
    const [first, second] = sent;
    if (!first || !second) throw new Error('Two jobs were to be sent.');
    await outbox.forget(first.key);
    // A message may arrive twice.
    await outbox.forget(first.key);
    expect((await notes()).map(({ job }) => job)).toEqual([JSON.stringify(second.job)]);
    expect(await outbox.resend(SOON())).toBe(1);
    expect(sent.slice(2)).toEqual([second]);
  });

  test('sends what a clock has noted that was ahead, and nothing between', async () => {
    const { outbox, sent, notes, writeDown } = await openOutbox();
    await writeDown(1, LONG_AGO, texts([1, 2, 3]));
    expect(await outbox.resend(LONG_AGO, LONG_AGO + 2)).toBe(0);
    expect(await outbox.resend(LONG_AGO, LONG_AGO + 1)).toBe(1);
    expect(await outbox.resend(LONG_AGO + 1, LONG_AGO + 2)).toBe(1);
    expect(sent.map(({ job }) => versionOf(job))).toEqual([3, 1]);
    expect((await notes()).map(({ job }) => job)).toEqual(texts([2]));
  });

  test('leaves what is younger than is asked for', async () => {
    const { outbox, sent, notes, writeDown } = await openOutbox();
    await writeDown(1, LONG_AGO, texts([1, 2, 3]));
    expect(await outbox.resend(LONG_AGO)).toBe(0);
    expect(await outbox.resend(LONG_AGO + 2)).toBe(2);
    expect(sent.map(({ job }) => versionOf(job))).toEqual([1, 2]);
    expect((await notes()).map(({ job }) => job)).toEqual(texts([3]));
  });

  test('goes through every shard, and through more notes than are read at once, the oldest first', async () => {
    const { outbox, sent, notes, writeDown } = await openOutbox();
    await writeDown(0, LONG_AGO, texts(numbers(1, 230)));
    await writeDown(2, LONG_AGO, texts([1000]));
    await writeDown(3, LONG_AGO, texts(numbers(2001, 100)));
    expect(await outbox.resend(SOON())).toBe(331);
    expect(sent.map(({ job }) => versionOf(job))).toEqual([...numbers(1, 230), 1000, ...numbers(2001, 100)]);
    expect(await notes()).toEqual([]);
  });

  test('leaves notes that cannot be read, logs them, and does all that lies behind them', async () => {
    const { outbox, sent, notes, writeDown, log } = await openOutbox();
    const unreadable = ['roses', '{"kind":"send-flowers"}', '', ...Array<string>(120).fill('{}')];
    await writeDown(0, LONG_AGO, [...unreadable, ...texts([1, 2])]);
    await writeDown(3, LONG_AGO, texts([3]));
    expect(await outbox.resend(SOON())).toBe(3);
    expect(sent.map(({ job }) => versionOf(job))).toEqual([1, 2, 3]);
    expect((await notes()).map(({ job }) => job)).toEqual(unreadable);
    expect(log).toHaveLength(unreadable.length);
    const [first] = await notes();
    const note = { pk: first?.pk, sk: first?.sk };
    expect(log[0]).toMatchObject({ level: 'error', fields: { note }, message: expect.any(String) });
  });

  test.each(OUTAGES)('that meets %s is `unavailable`, with the cause', async (_what, error) => {
    const { client } = stubbedClient<DynamoDBClient>(() => Promise.reject(error));
    const outbox = new DynamoJobOutbox({
      client,
      table: 'listings',
      shards: async () => SHARDS,
      send: async () => {},
      log: recordingLog(),
    });
    const failed = { code: 'unavailable', cause: error };
    await expect(outbox.resend(SOON())).rejects.toMatchObject(failed);
    await expect(outbox.forget({ pk: 'DUE#job#0', sk: 'x' })).rejects.toMatchObject(failed);
  });
});
