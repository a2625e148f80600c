import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, onTestFinished, test } from 'vitest';
import { itemSize } from '../../../test/emulators/dynamodb/item-size.ts';
import { openInstallation } from '../../../test/support/aws-installation.ts';
import { eventsOf } from '../../../test/support/events-of.ts';
import { onlyWhenLarge } from '../../../test/support/large.ts';
import { sampleEvent } from '../../../test/support/sample-event.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { OUTAGES, type SentCommand, stubbedClient } from '../../../test/support/stubbed-aws.ts';
import type { AuditEvent, AuditPosition } from '../../domain/audit-event.ts';
import type { AuditFilter } from '../../ports/audit-trail.ts';
import { itemFromEvent } from './audit-item.ts';
import { DynamoAuditTrail } from './dynamo-audit-trail.ts';
import { DynamoImageIndex } from './dynamo-image-index.ts';

const START = Date.UTC(2026, 0, 1);
const DAYS = 36_500;
const MOST_QUERIES = 10;

/** A trail over the installation's table, and what it sends. */
async function openTrail(shards = 4) {
  const { clients, storage, close } = await openInstallation();
  onTestFinished(close);
  const { dynamodb } = clients;
  const { client, sent } = stubbedClient<DynamoDBClient>((_command, _nth, original) =>
    dynamodb.send(original as Parameters<DynamoDBClient['send']>[0]),
  );
  const audit = new DynamoAuditTrail({
    client,
    table: storage.tables.audit,
    shardsToWrite: shards,
    shardsToRead: async () => shards,
    days: DAYS,
  });
  return { audit, sent, clients, storage };
}

const queriesOf = (sent: readonly SentCommand[]) => sent.filter(({ name }) => name === 'Query');

async function fill(audit: DynamoAuditTrail, count: number): Promise<AuditEvent[]> {
  const events = Array.from({ length: count }, (_, n) =>
    sampleEvent({ at: new Date(START + n).toISOString(), outcome: n === 0 ? 'refused' : 'done' }),
  );
  await Promise.all(events.map((event) => audit.record(event)));
  return events.reverse();
}

describe('an item', () => {
  test('of the longest that there can be is one write unit', () => {
    const longest = sampleEvent({
      actor: '#'.repeat(128),
      user_id: '/'.repeat(128),
      action: 'a'.repeat(40),
      outcome: 'refused',
      request_id: 'r'.repeat(128),
      address: '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
    });
    const item = itemFromEvent(longest, 8, 365) as Parameters<typeof itemSize>[0];
    expect(itemSize(item)).toBeLessThan(1024);
  });

  test('expires when the configured time is over, in whole seconds, and not before', () => {
    const event = sampleEvent({ at: '2026-05-04T03:02:01.001Z' });
    expect(itemFromEvent(event, 4, 30)['expires_at']).toEqual({
      N: String(Date.UTC(2026, 5, 3, 3, 2, 2) / 1000),
    });
  });

  test('lies in one of as many shards as are written, and all of them are used', () => {
    const shards = Array.from({ length: 200 }, () => itemFromEvent(sampleEvent(), 3, 1)['gpk']?.S);
    expect([...new Set(shards)].sort()).toEqual(['ALL#0', 'ALL#1', 'ALL#2']);
  });
});

describe('a page', () => {
  test("of one user's events is one consistent query, of everyone's one of each shard's index", async () => {
    const { audit, sent } = await openTrail();
    await fill(audit, 40);
    await audit.list({ user_id: 'alice', within: {} }, 20, null);
    const [own, ...others] = queriesOf(sent);
    expect(others).toEqual([]);
    expect(own?.input).toMatchObject({ ConsistentRead: true, Limit: 22 });
    expect(own?.input['IndexName']).toBeUndefined();
    const before = sent.length;
    await audit.list({ within: {} }, 4, null);
    const all = queriesOf(sent.slice(before));
    expect(all.length).toBeGreaterThanOrEqual(4);
    for (const { input } of all)
      expect([input['IndexName'], input['ConsistentRead']]).toEqual(['everyone', undefined]);
  });

  test('takes ten queries at most, and is short or empty where few events meet the filter', async (context) => {
    onlyWhenLarge(context);
    const { audit, sent } = await openTrail(8);
    const events = await fill(audit, 2300);
    for (const user of [{}, { user_id: 'alice' }]) {
      const filter: AuditFilter = { ...user, outcome: 'refused', within: {} };
      const found: AuditEvent[] = [];
      let after: AuditPosition | null = null;
      let pages = 0;
      do {
        const before = sent.length;
        const page = await audit.list(filter, 50, after);
        expect(queriesOf(sent.slice(before)).length).toBeLessThanOrEqual(MOST_QUERIES);
        found.push(...page.items);
        after = page.next;
        pages++;
      } while (after && pages < 10);
      expect(found).toEqual(events.slice(-1));
      expect(pages).toBeGreaterThan(1);
      expect(pages).toBeLessThan(10);
    }
  });

  test('of a time that cannot be asks nothing', async () => {
    const { audit, sent } = await openTrail();
    expect(await audit.list({ user_id: 'alice', within: { from: 2, before: 1 } }, 50, null)).toEqual({
      items: [],
      next: null,
    });
    expect(sent).toEqual([]);
  });
});

test('a change whose event cannot be written is not made', async () => {
  const { clients, storage } = await openTrail();
  const { dynamodb: client } = clients;
  const { tables, bucket } = storage;
  const common = { client, shardsToWrite: 4, shardsToRead: async () => 4, days: DAYS };
  const pause = async () => {};
  const over = (audit: DynamoAuditTrail) =>
    new DynamoImageIndex({ client, tables, bucket, shards: async () => 4, pause, audit });
  const gone = over(new DynamoAuditTrail({ ...common, table: 'no-such-table' }));
  const audit = new DynamoAuditTrail({ ...common, table: tables.audit });
  const record = sampleRecord();
  await expect(gone.insert(record, [], sampleEvent())).rejects.toMatchObject({ code: 'unavailable' });
  expect(await gone.get(record.image_id)).toBeUndefined();
  await over(audit).insert(record, [], sampleEvent());
  await expect(gone.remove(record, [], sampleEvent())).rejects.toMatchObject({ code: 'unavailable' });
  expect(await gone.get(record.image_id)).toEqual(record);
  expect(await eventsOf(audit)).toHaveLength(1);
});

test('an index that was given no trail makes no change that is to have an event', async () => {
  const { client, sent } = stubbedClient<DynamoDBClient>(() => ({}));
  const index = new DynamoImageIndex({
    client,
    tables: { images: 'images', listings: 'listings' },
    bucket: 'pictures',
    shards: async () => 4,
    pause: async () => {},
  });
  await expect(index.insert(sampleRecord(), [], sampleEvent())).rejects.toThrow('no audit trail');
  expect(sent).toEqual([]);
});

test.each(OUTAGES)('%s is unavailable, with its cause', async (_what, error) => {
  const { client } = stubbedClient<DynamoDBClient>(() => {
    throw error;
  });
  const options = { client, table: 'audit', shardsToWrite: 4, shardsToRead: async () => 4, days: 365 };
  const audit = new DynamoAuditTrail(options);
  for (const call of [audit.record(sampleEvent()), audit.list({ within: {} }, 50, null)]) {
    await expect(call).rejects.toMatchObject({ code: 'unavailable', cause: error });
  }
});
