import { describe, expect, test } from 'vitest';
import type { ImageRecord } from '../../src/domain/image.ts';
import { newImageId } from '../../src/domain/image-id.ts';
import { imageObjectKey, renditionObjectKey, uploadObjectKey } from '../../src/domain/object-key.ts';
import { type ExaminableHome, openExaminableHome } from '../support/examined-home.ts';
import { DIVIDED_HOMES } from '../support/homes.ts';
import { LARGE } from '../support/large.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { contentOf, keysOf, put } from '../support/stored-bytes.ts';

const JPEG = SMALL_IMAGES['image/jpeg'].bytes;
const PNG = SMALL_IMAGES['image/png'].bytes;

async function upload({ request }: ExaminableHome, user = 'alice', tags = 'bird,dusk'): Promise<string> {
  const path = `/images/upload?user_id=${user}&tags=${tags}`;
  const headers = { 'content-type': 'image/jpeg' };
  const answer = await request(path, { method: 'POST', headers, body: new Uint8Array(JPEG) });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { image_id: string }).image_id;
}

async function replace({ request }: ExaminableHome, image_id: string): Promise<void> {
  const init = { method: 'PUT', headers: { 'content-type': 'image/png' }, body: new Uint8Array(PNG) };
  expect((await request(`/images/${image_id}/content`, init)).status).toBe(200);
}

async function remove({ request }: ExaminableHome, image_id: string): Promise<void> {
  expect((await request(`/images/${image_id}`, { method: 'DELETE' })).status).toBe(204);
}

async function recordOf({ deps }: ExaminableHome, image_id: string): Promise<ImageRecord> {
  const record = await deps.index.get(image_id);
  if (!record) throw new Error(`There is no image ${image_id}.`);
  return record;
}

/** A home with images of all sorts, their jobs done. */
async function filledHome(kind: (typeof DIVIDED_HOMES)[number]) {
  const home = await openExaminableHome(kind);
  const ids: string[] = [];
  for (const user of ['alice', 'alice', 'alice', 'alice', 'a#b/%', 'bob']) {
    ids.push(await upload(home, encodeURIComponent(user)));
  }
  await home.workOff();
  const [first = '', second = ''] = ids;
  await replace(home, first);
  await remove(home, second);
  await home.workOff();
  const records = await Promise.all(
    ids.filter((id) => id !== second).map((image_id) => recordOf(home, image_id)),
  );
  return { home, records };
}

const said = (found: Awaited<ReturnType<ExaminableHome['examine']>>) =>
  found.map(({ kind, key, name, image_id, mended }) => [kind, key ?? name ?? image_id, mended]);

describe.each(DIVIDED_HOMES)('the doctor at the home %s', (kind) => {
  test('finds nothing at a home in which all is right, and changes nothing', async () => {
    const { home, records } = await filledHome(kind);
    expect(await home.examine()).toEqual([]);
    expect(await home.examine({ fix: true, scrub: true })).toEqual([]);
    for (const record of records) expect(await recordOf(home, record.image_id)).toEqual(record);
  });

  test('finds bytes, renditions and uploads of nobody, removes them, and then finds nothing', async () => {
    const { home, records } = await filledHome(kind);
    const [replaced = sampleRecord()] = records;
    const gone = newImageId(Date.now());
    const before = await keysOf(home.deps.objects);
    const orphans = [
      imageObjectKey('alice', gone, 1),
      imageObjectKey('a#b/%', gone, 4),
      renditionObjectKey('alice', gone, 1, 'thumb.webp'),
      renditionObjectKey('alice', replaced.image_id, 1, 'thumb.webp'),
    ];
    for (const key of orphans) await put(home.deps.objects, key, JPEG);
    const upload_key = uploadObjectKey('alice', gone);
    await home.damage.arrive(upload_key);
    const parts_id = await home.deps.uploads.beginParts(upload_key, 'image/jpeg');
    await home.damage.leaveTemporary?.();
    const expected = [
      ...orphans.map((key) => ['orphan-object', key]),
      ['stray-upload', upload_key],
      ['stray-upload', upload_key],
      ...(home.damage.leaveTemporary ? [['temporary-file', 'draft']] : []),
    ];
    const marked = (mended: boolean) => expected.map((each) => [...each, mended]).sort();

    expect(await home.examine({ before: Date.now() - 60_000, fix: true })).toEqual([]);
    expect(said(await home.examine()).sort()).toEqual(marked(false));
    expect(said(await home.examine({ fix: true })).sort()).toEqual(marked(true));
    expect(await home.examine()).toEqual([]);
    expect(await keysOf(home.deps.objects)).toEqual(before);
    expect(await home.deps.uploads.listParts(upload_key, parts_id)).toBeUndefined();
    expect(await home.deps.uploads.open(upload_key)).toBeUndefined();
  });

  test('finds records without bytes, versions and renditions too, and mends what it can', async () => {
    const { home, records } = await filledHome(kind);
    const [replaced = sampleRecord(), lost = sampleRecord(), unseen = sampleRecord()] = records;
    const former = replaced.former_versions[0]?.object_key ?? '';
    await home.deps.objects.delete(former);
    await home.deps.objects.delete(lost.object_key);
    const preset = renditionObjectKey('alice', unseen.image_id, 1, 'thumb.webp');
    expect(await contentOf(home.deps.objects, preset)).toBeDefined();
    await home.deps.objects.delete(preset);
    const expected = [
      ['missing-version', former],
      ['missing-bytes', lost.object_key],
      ['missing-rendition', unseen.image_id],
    ];
    const marked = (mended: boolean) => expected.map((each) => [...each, mended]).sort();

    expect(said(await home.examine()).sort()).toEqual(marked(false));
    expect(await recordOf(home, lost.image_id)).toEqual(lost);
    const mended = await home.examine({ fix: true });
    expect(mended.find(({ kind }) => kind === 'missing-bytes')?.removed_record).toEqual(lost);
    const renditions = said(mended).filter(([what]) => what === 'orphan-object');
    // What had been made of the image that is gone goes with it.
    expect(renditions.map(([, key]) => String(key)).sort()).toEqual(
      ['small', 'thumb'].map((name) => renditionObjectKey('alice', lost.image_id, 1, `${name}.webp`)),
    );
    expect(
      said(mended)
        .filter(([what]) => what !== 'orphan-object')
        .sort(),
    ).toEqual(marked(true));
    await home.workOff();
    expect(await home.examine({ scrub: true })).toEqual([]);
    expect(await contentOf(home.deps.objects, preset)).toBeDefined();
    expect(await home.deps.index.get(lost.image_id)).toBeUndefined();
    expect(await recordOf(home, unseen.image_id)).toMatchObject({ presets: unseen.presets, revision: 1 });
    expect((await recordOf(home, replaced.image_id)).former_versions).toEqual([]);
  });

  test('finds images that nobody processes, and has them processed', async () => {
    const { home, records } = await filledHome(kind);
    const [first = sampleRecord(), second = sampleRecord()] = records;
    for (const record of [first, second]) {
      const { background_revision } = record;
      const next = { ...record, placeholder: null, background_revision: background_revision + 1 };
      await home.deps.index.replace(record, next);
    }
    const marked = (mended: boolean) =>
      [first, second].map(({ image_id }) => ['stuck-image', image_id, mended]).sort();
    expect(said(await home.examine()).sort()).toEqual(marked(false));
    expect(await home.examine({ before: Date.now() - 60_000, fix: true })).toEqual([]);
    expect(said(await home.examine({ fix: true })).sort()).toEqual(marked(true));
    await home.workOff();
    expect(await home.examine()).toEqual([]);
    expect(await recordOf(home, first.image_id)).toMatchObject({ placeholder: first.placeholder });
  });

  test('finds rows of listings that are missing, stale or of no image, and puts them right', async () => {
    const { home, records } = await filledHome(kind);
    const [, unlisted = sampleRecord(), stale = sampleRecord(), strayed = sampleRecord()] = records;
    const gone = newImageId(Date.now());
    await home.damage.unlist(unlisted, 'bird');
    await home.damage.makeStale?.(stale);
    await home.damage.addStrays(strayed, 'fish', gone);
    const listed = async () => {
      const answer = await home.request('/images?user_id=alice&tag=bird');
      return ((await answer.json()) as { items: { image_id: string }[] }).items.map((each) => each.image_id);
    };
    expect(await listed()).not.toContain(unlisted.image_id);
    const expected = [
      ['wrong-listing', unlisted.image_id],
      ...(home.damage.makeStale ? [['wrong-listing', stale.image_id]] : []),
      ['stray-listing', strayed.image_id],
      ['stray-listing', gone],
    ];
    const marked = (mended: boolean) => expected.map((each) => [...each, mended]).sort();
    const found = (findings: Awaited<ReturnType<typeof home.examine>>) =>
      findings.map(({ kind, image_id, mended }) => [kind, image_id, mended]).sort();

    expect(found(await home.examine())).toEqual(marked(false));
    expect(found(await home.examine({ fix: true, before: Date.now() - 60_000 }))).toEqual(marked(false));
    expect(found(await home.examine({ fix: true }))).toEqual(marked(true));
    expect(await home.examine()).toEqual([]);
    expect(await listed()).toContain(unlisted.image_id);
    expect(await recordOf(home, unlisted.image_id)).toEqual(unlisted);
  });

  test('finds counts that are wrong, uploads that never ended, and bytes that are others', async () => {
    const { home, records } = await filledHome(kind);
    const [damaged = sampleRecord()] = records.slice(1);
    const { images, bytes } = await home.deps.quotas.usageOf('bob');
    await home.deps.quotas.correct('bob', { images, bytes }, { images: 9, bytes: 9 });
    const expires_at = '2026-05-04T04:00:00.000Z';
    const pending = sampleRecord({
      status: 'pending',
      user_id: 'carol',
      upload: { method: 'put', expires_at },
    });
    const room = { images: 1, bytes: pending.size_bytes };
    await home.deps.quotas
      .reserve('carol', room, { max_images: null, max_bytes: null })
      .then((reserved) => reserved.keep(pending.size_bytes));
    await home.deps.index.insert(pending);
    await home.deps.objects.delete(damaged.object_key);
    await put(home.deps.objects, damaged.object_key, Buffer.alloc(JPEG.length));

    expect(said(await home.examine({ fix: true, scrub: true }))).toEqual(
      expect.arrayContaining([
        ['stuck-upload', pending.image_id, true],
        ['damaged-object', damaged.object_key, false],
        ['wrong-count', undefined, true],
      ]),
    );
    expect(await home.deps.quotas.usageOf('bob')).toMatchObject({ images, bytes });
    expect(await home.deps.quotas.usageOf('carol')).toMatchObject({ images: 0, bytes: 0 });
    expect(await home.examine()).toEqual([]);
    expect(said(await home.examine({ scrub: true }))).toEqual([
      ['damaged-object', damaged.object_key, false],
    ]);
  });

  test('finds nothing while images come, change and go, even if nothing counted as young', async () => {
    const { home } = await filledHome(kind);
    const living: string[] = [];
    let goesOn = true;
    const user = async (name: string) => {
      for (let turn = 0; goesOn; turn++) {
        const id = await upload(home, name, `bird,turn-${turn % 3}`);
        if (turn % 3 === 0) await replace(home, id);
        if (turn % 2 === 0) await remove(home, id);
        else living.push(id);
      }
    };
    let users = ['alice', 'bob', 'carol'].map(user);
    /** Whatever is under way comes to its end, and is gone on with after that. */
    const settle = async () => {
      goesOn = false;
      await Promise.all(users);
      await home.workOff();
      goesOn = true;
      users = ['alice', 'bob', 'carol'].map(user);
    };
    try {
      for (let round = 0; round < (LARGE ? 3 : 1) || living.length < 6; round++) {
        expect(await home.examine({ settle })).toEqual([]);
      }
    } finally {
      goesOn = false;
      await Promise.all(users);
    }
    await home.workOff();
    expect(await home.examine({ scrub: true, settle: async () => {} })).toEqual([]);
  });
});

test('knows what jobs are about to do, where jobs can be searched: in a data folder', async () => {
  const { home, records } = await filledHome('embedded');
  const [replaced = sampleRecord(), removed = sampleRecord()] = records;
  const waiting = await upload(home);
  await replace(home, replaced.image_id);
  await remove(home, removed.image_id);
  expect(await home.examine({ fix: true })).toEqual([]);
  await home.damage.layJobsAside?.();
  const found = await home.examine({ fix: true });
  const dead = found.filter(({ kind: what }) => what === 'dead-job');
  expect(dead.map(({ what }) => what.split(' ')[0]).sort()).toEqual([
    'process-image',
    'process-image',
    'withdraw-image',
    'withdraw-image',
  ]);
  expect(dead.map(({ image_id, mended }) => [image_id, mended])).toContainEqual([waiting, false]);
  // What nobody is going to remove is removed, but nothing is processed that has failed so often.
  const others = new Set(found.filter((each) => !dead.includes(each)).map(({ kind: what }) => what));
  expect([...others]).toEqual(['orphan-object']);
});
