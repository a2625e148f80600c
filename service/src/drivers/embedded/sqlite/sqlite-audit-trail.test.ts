import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../../../test/support/events-of.ts';
import { openDatabase } from '../../../../test/support/open-database.ts';
import { sampleEvent } from '../../../../test/support/sample-event.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { silentLog } from '../../../../test/support/silent-log.ts';
import { openStorage } from '../open-storage.ts';
import { SqliteAuditTrail } from './sqlite-audit-trail.ts';

const START = Date.UTC(2026, 0, 1);
const timeOf = (n: number) => new Date(START + n).toISOString();

/** A trail with so many events, a millisecond apart. */
async function trailOf(count: number) {
  const { database, commits, index, writer } = openDatabase();
  const audit = new SqliteAuditTrail(database, commits);
  database.exec('BEGIN');
  for (let n = 0; n < count; n++) {
    const outcome = n === 0 ? 'refused' : 'done';
    writer.apply({ kind: 'audit-record', event: sampleEvent({ at: timeOf(n), outcome }) });
  }
  database.exec('COMMIT');
  const held = () => Number(database.prepare('SELECT count(*) AS n FROM audit').get()?.['n']);
  return { database, commits, index, audit, held };
}

describe('a filter that few events meet', () => {
  test('gives pages that are empty and say where to go on, until what it finds', async () => {
    const { audit } = await trailOf(4500);
    const filter = { user_id: 'alice', outcome: 'refused', within: {} } as const;
    const first = await audit.list(filter, 50, null);
    expect(first).toMatchObject({ items: [], next: { at: timeOf(2500) } });
    const second = await audit.list(filter, 50, first.next);
    expect(second).toMatchObject({ items: [], next: { at: timeOf(500) } });
    const third = await audit.list(filter, 50, second.next);
    expect(third.items).toMatchObject([{ at: timeOf(0), outcome: 'refused' }]);
    expect(third.next).toBeNull();
  });

  test('gives full pages where many do, though there is more to look at', async () => {
    const { audit } = await trailOf(4500);
    const { items, next } = await audit.list({ outcome: 'done', within: {} }, 50, null);
    expect(items).toHaveLength(50);
    expect(next).toEqual({ at: items.at(-1)?.at, event_id: items.at(-1)?.event_id });
  });
});

describe('a change whose event cannot be written', () => {
  test('is not made, and neither is its job', async () => {
    const { database, index, held } = await trailOf(0);
    database.exec(
      "CREATE TRIGGER full BEFORE INSERT ON audit WHEN NEW.action = 'fails' BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    const [kept, lost] = [sampleRecord(), sampleRecord()];
    const job = { kind: 'process-image', image_id: lost.image_id, version: 1 } as const;
    const outcomes = await Promise.allSettled([
      index.insert(lost, [job], sampleEvent({ action: 'fails' })),
      index.insert(kept, [], sampleEvent()),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'unavailable' } },
      { status: 'fulfilled' },
    ]);
    expect(await index.get(lost.image_id)).toBeUndefined();
    expect(await index.get(kept.image_id)).toEqual(kept);
    expect(database.prepare('SELECT count(*) AS n FROM jobs').get()?.['n']).toBe(0);
    expect(held()).toBe(1);
  });
});

describe('expiry', () => {
  test('removes what is older, and nothing else', async () => {
    const { audit } = await trailOf(20);
    expect(await audit.expire(START + 12)).toBe(12);
    const left = await eventsOf(audit);
    expect(left.map(({ at }) => at)).toEqual(Array.from({ length: 8 }, (_, n) => timeOf(19 - n)));
    expect(await audit.expire(START + 12)).toBe(0);
  });

  test('goes on in small parts until all is gone, and lets other writes in between', async () => {
    const { audit, index, held } = await trailOf(1750);
    const done: string[] = [];
    const expiring = audit.expire(START + 1700).then((count) => done.push(`expired ${count}`));
    await index.insert(sampleRecord()).then(() => done.push('inserted'));
    await expiring;
    expect(done).toEqual(['inserted', 'expired 1700']);
    expect(held()).toBe(50);
  });

  test('leaves what is more than one sweep takes to the next', async () => {
    const { audit, held } = await trailOf(100_050);
    expect(await audit.expire(START + 200_000)).toBe(100_000);
    expect(held()).toBe(50);
    expect(await audit.expire(START + 200_000)).toBe(50);
  });
});

test('events are there after a restart, and the clock goes on from the latest', async () => {
  await using folder = await scratchFolder();
  const data = join(folder.path, 'data');
  const event = sampleEvent({ at: '2031-05-04T03:02:01.000Z', outcome: 'refused' });
  const first = await openStorage(data, silentLog);
  await first.audit.record(event);
  await first.close();
  const second = await openStorage(data, silentLog);
  expect(await eventsOf(second.audit)).toStrictEqual([event]);
  expect(second.latestTime).toBe(Date.parse(event.at));
  await second.close();
});
