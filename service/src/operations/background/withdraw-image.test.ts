import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { sampleLink } from '../../../test/support/sample-link.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { bytesOf, keysOf, put } from '../../../test/support/stored-bytes.ts';
import { unavailable } from '../../domain/errors.ts';
import { currentVersionOf, type ImageRecord } from '../../domain/image.ts';
import type { WithdrawImage } from '../../domain/job.ts';
import {
  imageObjectKey,
  renditionObjectKey,
  renditionsPrefix,
  replacementObjectKey,
  versionRenditionsPrefix,
} from '../../domain/object-key.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { withdrawImage } from './withdraw-image.ts';

const FIRST = sampleRecord({ user_id: 'a.b' });
const { image_id, user_id } = FIRST;
const keyOf = (version: number) => imageObjectKey(user_id, image_id, version);
const IMAGE: ImageRecord = {
  ...FIRST,
  version: 12,
  object_key: keyOf(12),
  former_versions: [currentVersionOf({ ...FIRST, version: 11, object_key: keyOf(11) })],
};
const rendition = (version: number, name = 'thumb.webp') =>
  renditionObjectKey(user_id, image_id, version, name);
const FAILURE = unavailable('This cannot be done now.', new Error('broken'));

const job = (...object_keys: string[]): WithdrawImage => ({
  ...{ kind: 'withdraw-image', image_id, user_id, object_keys },
});

/** Of other images and other users, with names that begin alike. */
const NEIGHBOURS = [
  sampleRecord({ user_id }).object_key,
  imageObjectKey('a', image_id, 1),
  imageObjectKey('a.b.c', image_id, 1),
  renditionObjectKey('a', image_id, 1, 'thumb.webp'),
  renditionObjectKey(user_id, sampleRecord().image_id, 1, 'thumb.webp'),
];

async function withObjects(record: ImageRecord | undefined, ...keys: readonly string[]) {
  const { deps } = memoryDeps();
  if (record) await deps.index.insert(record);
  for (const key of [...keys, ...NEIGHBOURS]) await put(deps.objects, key, bytesOf(5));
  const left = async () => (await keysOf(deps.objects)).filter((key) => !NEIGHBOURS.includes(key));
  return { deps, left };
}

const ORIGINALS = [1, 2, 11, 12].map(keyOf);
const ATTEMPT = replacementObjectKey(user_id, image_id, 12, 3);
const RENDITIONS = [rendition(1), rendition(2), rendition(11, 'w10-h8-inside-q80.webp'), rendition(12)];

describe('what is not to be seen any more', () => {
  test('of an image that is gone is everything, and nothing of others', async () => {
    const { deps, left } = await withObjects(undefined, ...ORIGINALS, ATTEMPT, ...RENDITIONS);
    await withdrawImage(deps, job());
    expect(await left()).toEqual([]);
    expect(await keysOf(deps.objects)).toEqual([...NEIGHBOURS].sort());
  });

  test('of one that has other bytes are the renditions of those before, and what is named and unused', async () => {
    const { deps, left } = await withObjects(IMAGE, ...ORIGINALS, ATTEMPT, ...RENDITIONS);
    await withdrawImage(deps, job(keyOf(1), keyOf(11), keyOf(12)));
    expect(await left()).toEqual([rendition(12), keyOf(2), keyOf(11), keyOf(12), ATTEMPT].sort());
  });

  test('is nothing of a version that comes while the job looks', async () => {
    const { deps, left } = await withObjects(IMAGE, rendition(11), rendition(12));
    const index = {
      ...deps.index,
      async get() {
        const seen = await deps.index.get(image_id);
        // It is replaced, and processed, before the store is listed.
        await deps.index.replace(IMAGE, { ...IMAGE, version: 13, object_key: keyOf(13) });
        for (const key of [keyOf(13), rendition(13)]) await put(deps.objects, key, bytesOf(5));
        return seen;
      },
    };
    await withdrawImage({ ...deps, index }, job());
    expect(await left()).toEqual([rendition(12), keyOf(13), rendition(13)].sort());
  });

  test('is the same when it is done again, or after a failure in between', async () => {
    const { deps, left } = await withObjects(undefined, ...ORIGINALS, ...RENDITIONS);
    let deleted = 0;
    const objects = {
      ...deps.objects,
      delete: (key: string) => (++deleted === 3 ? Promise.reject(FAILURE) : deps.objects.delete(key)),
    };
    await expect(withdrawImage({ ...deps, objects }, job())).rejects.toBe(FAILURE);
    await withdrawImage(deps, job());
    await withdrawImage(deps, job());
    expect(await left()).toEqual([]);
  });

  test('stays where nobody can tell: the job fails, to be done again', async () => {
    const { deps, left } = await withObjects(IMAGE, ...ORIGINALS, ...RENDITIONS);
    const before = await left();
    const fail = () => Promise.reject(FAILURE);
    await expect(withdrawImage({ ...deps, index: { ...deps.index, get: fail } }, job(keyOf(1)))).rejects.toBe(
      FAILURE,
    );
    expect(await left()).toEqual(before);
  });

  test.each(['pending', 'scanning', 'rejected'] as const)(
    'is not the bytes of an image that is %s',
    async (status) => {
      const { deps, left } = await withObjects({ ...FIRST, status }, keyOf(1));
      await withdrawImage(deps, job(keyOf(1)));
      expect(await left()).toEqual([keyOf(1)]);
    },
  );

  test('is not what lies in the trash', async () => {
    const trashed = { ...IMAGE, deleted_at: IMAGE.updated_at };
    const { deps, left } = await withObjects(trashed, keyOf(11), keyOf(12), rendition(12));
    await withdrawImage(deps, job(keyOf(11)));
    expect(await left()).toEqual([rendition(12), keyOf(11), keyOf(12)].sort());
  });
});

describe('where a store removes by version', () => {
  const below = (objects: ObjectStore) => {
    const asked: string[] = [];
    const list = (prefix: string) => {
      asked.push(`list ${prefix}`);
      return objects.list(prefix);
    };
    const deleteBelow = async (prefix: string) => {
      asked.push(prefix);
      for (const key of await keysOf(objects, prefix)) await objects.delete(key);
    };
    return { asked, objects: { ...objects, list, deleteBelow } };
  };
  const folders = (...versions: number[]) =>
    versions.map((version) => versionRenditionsPrefix(user_id, image_id, version));

  test('the renditions of an image whose bytes are gone are looked for up to its last version', async () => {
    const { deps, left } = await withObjects(undefined, rendition(1), rendition(3));
    const { asked, objects } = below(deps.objects);
    await withdrawImage({ ...deps, objects }, { ...job(), last_version: 3 });
    expect([asked, await left()]).toEqual([folders(1, 2, 3), []]);
  });

  test('an image of which there may be more is listed', async () => {
    const { deps, left } = await withObjects(undefined, keyOf(1), ATTEMPT, rendition(1));
    const { asked, objects } = below(deps.objects);
    await withdrawImage({ ...deps, objects }, job());
    expect(asked).toEqual([keyOf(1), renditionsPrefix(user_id, image_id)].map((prefix) => `list ${prefix}`));
    expect(await left()).toEqual([]);
  });

  test('of one that has other bytes those before its version are looked for, and no others', async () => {
    const { deps, left } = await withObjects(
      { ...IMAGE, version: 3 },
      ...[1, 2, 3, 4].map((v) => rendition(v)),
    );
    const { asked, objects } = below(deps.objects);
    await withdrawImage({ ...deps, objects }, job());
    expect([asked, await left()]).toEqual([folders(1, 2), [rendition(3), rendition(4)].sort()]);
  });

  test('very many versions are listed once instead', async () => {
    const { deps, left } = await withObjects({ ...IMAGE, version: 100 }, rendition(2), rendition(100));
    const { asked, objects } = below(deps.objects);
    await withdrawImage({ ...deps, objects }, job());
    expect(asked).toEqual([`list ${renditionsPrefix(user_id, image_id)}`]);
    expect(await left()).toEqual([rendition(100)]);
  });

  test('one that cannot be removed now does not keep the others, and has the job done again', async () => {
    const { deps, left } = await withObjects(undefined, rendition(1), rendition(2));
    const { objects } = below(deps.objects);
    const [first] = folders(1);
    const deleteBelow = (prefix: string) =>
      prefix === first ? Promise.reject(FAILURE) : objects.deleteBelow(prefix);
    const failing = withdrawImage(
      { ...deps, objects: { ...objects, deleteBelow } },
      { ...job(), last_version: 2 },
    );
    await expect(failing).rejects.toBe(FAILURE);
    expect(await left()).toEqual([rendition(1)]);
  });
});

describe('the links of an image', () => {
  const LINK = sampleLink({ image_id, user_id });
  const OTHER = sampleLink({ image_id: sampleRecord().image_id, user_id });
  const linked = async (record: ImageRecord | undefined) => {
    const { deps } = await withObjects(record);
    for (const link of [LINK, OTHER]) await deps.links.create(link);
    const left = async () => {
      const links = [LINK, OTHER].map(({ link_id }) => deps.links.find(link_id, 0));
      return (await Promise.all(links)).flatMap((link) => (link ? [link.link_id] : []));
    };
    return { deps, left };
  };

  test('go when it is gone, and no others', async () => {
    const { deps, left } = await linked(undefined);
    await withdrawImage(deps, job());
    await withdrawImage(deps, job());
    expect(await left()).toEqual([OTHER.link_id]);
  });

  test.each([
    ['has other bytes', IMAGE],
    ['lies in the trash', { ...IMAGE, deleted_at: IMAGE.updated_at }],
    ['was rejected', { ...IMAGE, status: 'rejected' as const }],
  ])('stay where it %s', async (_why, record) => {
    const { deps, left } = await linked(record);
    await withdrawImage(deps, job(keyOf(1)));
    expect(await left()).toEqual([LINK.link_id, OTHER.link_id]);
  });

  test('that could not be removed make the job fail, to be done again', async () => {
    const { deps, left } = await linked(undefined);
    const links = { ...deps.links, removeOf: () => Promise.reject(FAILURE) };
    await expect(withdrawImage({ ...deps, links }, job())).rejects.toBe(FAILURE);
    await withdrawImage(deps, job());
    expect(await left()).toEqual([OTHER.link_id]);
  });
});
