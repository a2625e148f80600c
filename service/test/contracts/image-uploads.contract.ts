import { expect, test } from 'vitest';
import type { ImageRecord, ImageStatus } from '../../src/domain/image.ts';
import type { ImageIndex } from '../../src/ports/image-index.ts';
import { ALL, listed, pagesOf } from '../support/listed.ts';
import { sampleRecord } from '../support/sample-record.ts';

/** An upload that was announced, and ends at that minute of noon. */
function announced(minute: number, differing: Partial<ImageRecord> = {}): ImageRecord {
  const expires_at = `2026-05-04T12:${String(minute).padStart(2, '0')}:00.000Z`;
  return sampleRecord({
    status: 'pending',
    width: null,
    height: null,
    checksum_sha256: null,
    upload: { method: 'parts', expires_at, parts_id: 'an "id"', part_size_bytes: 8_388_608 },
    ...differing,
  });
}

const at = (minute: number) => Date.parse('2026-05-04T12:00:00.000Z') + minute * 60_000;
const idsOf = (records: readonly ImageRecord[]) => records.map(({ image_id }) => image_id);

/** The promises about images that are not ready. */
export function describeUploads(index: () => ImageIndex): void {
  test('an announced upload comes back as it was, with nothing known of its pixels', async () => {
    const record = announced(30);
    await index().insert(record);
    expect(await index().get(record.image_id)).toStrictEqual(record);
  });

  test.each(['pending', 'scanning', 'rejected'] as const)(
    'what is %s is in the list of its status and user, and in no other',
    async (status) => {
      const mine = announced(1, { status });
      await index().insert(mine);
      await index().insert(announced(1, { status, user_id: 'bob' }));
      const others = (['pending', 'scanning', 'rejected'] as const).filter((other) => other !== status);
      for (const other of others) await index().insert(announced(1, { status: other }));
      await index().insert(sampleRecord());
      const list = (wanted: Exclude<ImageStatus, 'ready'>) =>
        listed(index(), { ...ALL, user_id: 'alice', status: wanted });
      expect(await list(status)).toEqual([mine.image_id]);
      expect(await listed(index(), { ...ALL, user_id: 'alice' })).toHaveLength(1);
      expect(await listed(index(), { ...ALL, tags: ['bird'] })).toHaveLength(1);
    },
  );

  test.each(['newest', 'oldest'] as const)('a list by status has pages, %s first', async (order) => {
    const records = [];
    for (let minute = 0; minute < 25; minute++) {
      const upload_time = new Date(at(minute)).toISOString();
      const status = minute % 2 === 0 ? 'pending' : 'rejected';
      const record = announced(59, { upload_time, status });
      await index().insert(record);
      if (status === 'pending') records.push(record.image_id);
    }
    const found: string[] = [];
    for await (const page of pagesOf(index(), { ...ALL, user_id: 'alice', status: 'pending', order }, 4)) {
      found.push(...page.map(({ image_id }) => image_id));
    }
    expect(found).toEqual(order === 'oldest' ? records : records.toReversed());
  });

  test('those that have ended are told, the longest ended first, and no others', async () => {
    const [third, first, second] = [announced(30), announced(10), announced(20)];
    for (const record of [third, first, second, announced(40), sampleRecord()]) await index().insert(record);
    expect(idsOf(await index().due('expire-upload', at(31), 100))).toEqual(idsOf([first, second, third]));
    expect(idsOf(await index().due('expire-upload', at(31), 2))).toEqual(idsOf([first, second]));
    expect(await index().due('expire-upload', at(10), 100)).toEqual([]);
    expect(await index().due('expire-upload', at(11), 100)).toStrictEqual([first]);
    expect(idsOf(await index().due('expire-upload', at(31), 100, at(10)))).toEqual(idsOf([second, third]));
    expect(idsOf(await index().due('expire-upload', at(31), 1, at(10) - 1))).toEqual(idsOf([first]));
    expect(await index().due('expire-upload', at(30), 100, at(20))).toEqual([]);
  });

  test('a completed upload is in the lists by its new time, is pending no more, and never due', async () => {
    const pending = announced(10);
    await index().insert(pending);
    const ready = sampleRecord({
      image_id: pending.image_id,
      upload_time: '2026-05-04T12:05:00.000Z',
      upload: null,
    });
    await index().replace(pending, ready);
    expect(await index().get(pending.image_id)).toStrictEqual(ready);
    expect(await listed(index(), { ...ALL, user_id: 'alice', status: 'pending' })).toEqual([]);
    expect(await listed(index(), { ...ALL, user_id: 'alice' })).toEqual([pending.image_id]);
    expect(await listed(index(), { ...ALL, tags: ['bird', 'dusk'] })).toEqual([pending.image_id]);
    expect(await index().due('expire-upload', at(59), 100)).toEqual([]);
  });

  test('of two completions one succeeds: the status is part of what must be stored', async () => {
    const pending = announced(10);
    await index().insert(pending);
    const ready = sampleRecord({ image_id: pending.image_id, upload_time: '2026-05-04T12:05:00.000Z' });
    await index().replace(pending, ready);
    await expect(index().replace(pending, ready)).rejects.toMatchObject({ code: 'conflict' });
    await expect(index().remove(pending)).rejects.toMatchObject({ code: 'conflict' });
    expect(await index().get(pending.image_id)).toStrictEqual(ready);
  });

  test('an upload that is removed is in no list, and not due', async () => {
    const pending = announced(10);
    await index().insert(pending);
    await index().remove(pending);
    expect(await listed(index(), { ...ALL, user_id: 'alice', status: 'pending' })).toEqual([]);
    expect(await index().due('expire-upload', at(59), 100)).toEqual([]);
  });
}
