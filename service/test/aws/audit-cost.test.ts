import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { usualEvent, usualRecord } from '../../../bench/usual-record.ts';
import type { AuditEvent } from '../../src/domain/audit-event.ts';
import { newImageId } from '../../src/domain/image-id.ts';
import { DynamoAuditTrail } from '../../src/drivers/aws/dynamo-audit-trail.ts';
import { DynamoImageIndex } from '../../src/drivers/aws/dynamo-image-index.ts';
import { type OpenedInstallation, openInstallation } from '../support/aws-installation.ts';
import { countCapacity } from '../support/sdk-meter.ts';

let aws: OpenedInstallation;

beforeAll(async () => {
  aws = await openInstallation();
});

afterAll(() => aws.close());

beforeEach((context) => {
  if (aws.places.dynamodb.kind !== 'engine') return;
  const reason = "only AWS and the emulator count capacity by AWS's rules";
  process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
  context.skip(reason);
});

function openIndex() {
  const { dynamodb: client } = aws.clients;
  const { tables, bucket } = aws.storage;
  const shards = { shardsToWrite: 4, shardsToRead: async () => 4 };
  const audit = new DynamoAuditTrail({ client, table: tables.audit, days: 365, ...shards });
  const pause = async () => {};
  const index = new DynamoImageIndex({ client, tables, bucket, shards: async () => 4, pause, audit });
  return { index, capacity: countCapacity(client) };
}

/** The transaction doubles the one of the table, and not that of its index. */
test('an event is 3 write units of the change that it goes with, whatever the change, and nothing to read', async () => {
  const { index, capacity } = openIndex();
  const anEvent = () => usualEvent({ event_id: newImageId(Date.now()), at: new Date().toISOString() });
  const unitsOf = async (newEvent: () => AuditEvent | undefined) => {
    const record = usualRecord({ image_id: newImageId(Date.now()), tags: ['bird', 'dusk'] });
    const next = { ...record, title: 'Another', revision: 2 };
    capacity.take();
    const units: number[] = [];
    const changes = [
      () => index.insert(record, [], newEvent()),
      () => index.replace(record, next, [], newEvent()),
      () => index.remove(next, [], newEvent()),
    ];
    for (const change of changes) {
      await change();
      const { read_units, write_units } = capacity.take();
      expect(read_units).toBe(0);
      units.push(write_units);
    }
    return units;
  };
  const without = await unitsOf(() => undefined);
  const withEvents = await unitsOf(anEvent);
  expect(withEvents.map((units, n) => units - (without[n] ?? 0))).toEqual([3, 3, 3]);
});
