import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { currentVersionOf, type ImageRecord } from '../../src/domain/image.ts';
import { newImageId } from '../../src/domain/image-id.ts';
import { imageObjectKey } from '../../src/domain/object-key.ts';
import type { ImageIndex } from '../../src/ports/image-index.ts';
import type { ImageWalk } from '../../src/ports/image-walk.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { sampleRecord } from '../support/sample-record.ts';

export interface OpenedImageWalk {
  readonly index: ImageIndex;
  readonly walk: ImageWalk;
  close(): Promise<void>;
}

/** More than any driver reads at once. */
const SEVERAL_PAGES = 1100;

/** Every promise of the port, held against one driver. `open` gives a walk over an empty index. */
export function describeImageWalk(name: string, open: () => Promise<OpenedImageWalk>): void {
  describe(`image walk: ${name}`, () => {
    let opened: OpenedImageWalk;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    test('of an empty index there is nothing to walk', async () => {
      expect(await walked(opened.walk)).toEqual([]);
    });

    test('records of every status are met, deleted ones too, with every field as it was', async () => {
      const records = [
        sampleRecord(),
        sampleRecord({ filename: null, title: null, description: null, tags: [], user_id: 'çağla#1/..' }),
        sampleRecord({ status: 'pending' }),
        sampleRecord({ status: 'scanning', version: 3, revision: 7, object_key: 'alice/other.v3' }),
        sampleRecord({ status: 'rejected', rejection_reason: 'It is not an image.' }),
        sampleRecord({ deleted_at: '2026-06-01T00:00:00.000Z' }),
        withHistory(),
        { ...withHistory(), deleted_at: '2026-06-01T00:00:00.000Z', status: 'scanning' as const },
      ];
      for (const record of records) await opened.index.insert(record);
      expect(byId(await walked(opened.walk))).toStrictEqual(byId(records));
    });

    test('a long walk meets every record once, also those that are there when others come and go', async (context) => {
      onlyWhenLarge(context);
      const records = Array.from({ length: SEVERAL_PAGES }, (_unused, n) =>
        sampleRecord({ image_id: newImageId(1_700_000_000_000 + n), tags: [], user_id: `user ${n % 7}` }),
      );
      await Promise.all(records.map((record) => opened.index.insert(record)));
      const gone = new Set(records.filter((_record, n) => n % 10 === 0).map(({ image_id }) => image_id));
      const met: string[] = [];
      for await (const { image_id } of opened.walk.walk()) {
        met.push(image_id);
        if (met.length > 1) continue;
        await opened.index.insert(sampleRecord());
        for (const record of records) if (gone.has(record.image_id)) await opened.index.remove(record);
      }
      expect(new Set(met).size).toBe(met.length);
      const stayed = records.map(({ image_id }) => image_id).filter((id) => !gone.has(id));
      expect(stayed.filter((id) => !met.includes(id))).toEqual([]);
    });

    test('a walk can be left, and another begins anew', async () => {
      const records = [sampleRecord(), sampleRecord(), sampleRecord()];
      for (const record of records) await opened.index.insert(record);
      for await (const _record of opened.walk.walk()) break;
      expect(byId(await walked(opened.walk))).toStrictEqual(byId(records));
    });

    test('an estimate is a number of records', async () => {
      await opened.index.insert(sampleRecord());
      expect(await opened.walk.estimate()).toBeGreaterThanOrEqual(0);
    });
  });
}

/** An image that has been processed, and had other bytes before. */
function withHistory(): ImageRecord {
  const first = sampleRecord();
  return {
    ...first,
    version: 2,
    background_revision: 3,
    object_key: imageObjectKey(first.user_id, first.image_id, 2),
    placeholder: { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' },
    presets: { format: 'webp', names: ['thumb', 'small'] },
    exif: { camera_make: 'FUJIFILM', orientation: 6, gps: { latitude: 1.5, longitude: -2 } },
    accepted_at: '2026-05-06T00:00:00.000Z',
    former_versions: [currentVersionOf(first)],
  };
}

async function walked(walk: ImageWalk): Promise<ImageRecord[]> {
  const records: ImageRecord[] = [];
  for await (const record of walk.walk()) records.push(record);
  return records;
}

function byId(records: readonly ImageRecord[]): ImageRecord[] {
  return records.toSorted((a, b) => (a.image_id < b.image_id ? -1 : 1));
}
