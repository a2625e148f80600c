import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { placedExif } from '../../../test/support/made-exif.ts';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { type ScriptedAnswer, scriptedScanner } from '../../../test/support/scripted-scanner.ts';
import { SMALL_IMAGES } from '../../../test/support/small-images.ts';
import { contentOf, keysOf, put } from '../../../test/support/stored-bytes.ts';
import { DomainError, unavailable } from '../../domain/errors.ts';
import { currentVersionOf, type ImageRecord, storedBytes } from '../../domain/image.ts';
import type { Job } from '../../domain/job.ts';
import { withoutLocation } from '../../domain/location/without-location.ts';
import { strippedObjectKey, unstrippedKey } from '../../domain/object-key.ts';
import { doJob, type JobDeps } from '../background/do-job.ts';

const { bytes: PLAIN } = SMALL_IMAGES['image/jpeg'];
const PLACED = withExif(PLAIN);

function withExif(jpeg: Buffer): Buffer {
  const exif = placedExif('MM');
  const head = Buffer.from([0xff, 0xe1, 0, 0, ...Buffer.from('Exif\0\0')]);
  head.writeUInt16BE(exif.length + 8, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, exif, jpeg.subarray(2)]);
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function rewrittenOf(bytes: Buffer): Buffer {
  const found = withoutLocation(bytes, 'image/jpeg');
  if (found.kind !== 'changed') throw new Error(`It is ${found.kind}.`);
  return Buffer.from(found.bytes);
}

const REWRITTEN = rewrittenOf(PLACED);
const FAILURE = unavailable('This cannot be done now.', new Error('broken'));

/** An image that has just arrived, and everything that does its jobs. */
async function arrived(bytes: Buffer = PLACED, differing: Partial<ImageRecord> = {}) {
  const { deps: plain, jobs, log, stored } = memoryDeps();
  const deps: JobDeps = { ...plain, stripGps: true, statusOnArrival: 'scanning' };
  const image = sampleRecord({
    ...{ status: 'scanning', size_bytes: bytes.length, checksum_sha256: sha256(bytes) },
    ...differing,
  });
  await deps.index.insert(image);
  await put(deps.objects, image.object_key, bytes);
  const { image_id, version } = image;
  const process = (parts: Partial<JobDeps> = {}) =>
    doJob({ ...deps, ...parts }, { kind: 'process-image', image_id, version }, { number: 1, isLast: false });
  /** Also what those jobs that are left over leave. */
  const settle = async () => {
    for (const job of jobs.slice()) await doJob(deps, job, { number: 1, isLast: false });
  };
  const current = async (): Promise<ImageRecord> => {
    const record = await deps.index.get(image_id);
    if (!record) throw new Error('The image has gone.');
    return record;
  };
  /** Images' bytes: presets lie elsewhere. */
  const originals = () => keysOf(deps.objects, 'alice/');
  return { deps, image, jobs, log, process, settle, current, originals, stored };
}

type Arrived = Awaited<ReturnType<typeof arrived>>;

const KEY_OF = (image: ImageRecord) => strippedObjectKey(image.object_key, sha256(PLACED), sha256(REWRITTEN));

/** One object is left, without a place, and it is what the record says. */
async function expectServedWithoutPlace({ current, originals, deps, image, settle, stored }: Arrived) {
  await settle();
  const record = await current();
  const object_key = KEY_OF(image);
  expect(record).toMatchObject({ status: 'ready', rejection_reason: null, object_key });
  expect(record).toMatchObject({ checksum_sha256: sha256(REWRITTEN), size_bytes: PLACED.length });
  expect(await originals()).toEqual([object_key]);
  expect((await contentOf(deps.objects, object_key))?.equals(REWRITTEN)).toBe(true);
  expect((await stored()).drafts).toBe(0);
}

describe('an image that says where it was taken', () => {
  test('is ready once it does so no more; its former bytes go by a job', async () => {
    const place = await arrived();
    await place.process();
    const { background_revision, ...record } = await place.current();
    expect(background_revision).toBe(2);
    expect(record).toMatchObject({
      status: 'ready',
      revision: 1,
      version: 1,
      placeholder: { color: '#7a8c99' },
    });
    const { image_id, object_key } = place.image;
    expect(place.jobs).toEqual([{ kind: 'clean-up-object', image_id, object_key }]);
    await expectServedWithoutPlace(place);
    expect(storedBytes(await place.current())).toBe(PLACED.length);
  });

  test('done again, nothing more is done', async () => {
    const place = await arrived();
    await place.process();
    const first = await place.current();
    await place.process();
    await place.settle();
    await place.process();
    expect(await place.current()).toEqual(first);
    await expectServedWithoutPlace(place);
  });

  test('is nothing but ready or scanning, and never served with it, whatever fails first', async () => {
    const failing: ((deps: JobDeps) => Partial<JobDeps>)[] = [
      ({ objects }) => ({ objects: { ...objects, open: () => Promise.reject(FAILURE) } }),
      ({ objects }) => ({ objects: { ...objects, begin: () => Promise.reject(FAILURE) } }),
      ({ index }) => ({ index: { ...index, replace: () => Promise.reject(FAILURE) } }),
      // What was made of it is written, and then no more.
      ({ index }) => ({
        index: {
          ...index,
          replace: (previous, next, jobs) =>
            next.status === 'ready' ? Promise.reject(FAILURE) : index.replace(previous, next, jobs),
        },
      }),
    ];
    for (const fail of failing) {
      const place = await arrived();
      for (let tries = 1; tries <= 2; tries++) {
        await expect(place.process(fail(place.deps))).rejects.toBe(FAILURE);
        expect(await place.current()).toMatchObject({
          ...{ status: 'scanning', object_key: place.image.object_key },
          checksum_sha256: sha256(PLACED),
        });
      }
      await place.process();
      await expectServedWithoutPlace(place);
    }
  });

  test('whose record was written although nobody answered is as it should be', async () => {
    const place = await arrived();
    const { index } = place.deps;
    const answerLost: JobDeps['index'] = {
      ...index,
      async replace(previous, next, jobs) {
        await index.replace(previous, next, jobs);
        if (next.status === 'ready') throw FAILURE;
      },
    };
    await expect(place.process({ index: answerLost })).rejects.toBe(FAILURE);
    await place.process();
    await expectServedWithoutPlace(place);
  });

  test('takes what an earlier try has stored', async () => {
    const place = await arrived();
    await put(place.deps.objects, KEY_OF(place.image), REWRITTEN);
    await place.process();
    await expectServedWithoutPlace(place);
  });

  test('changed by its owner meanwhile keeps that', async () => {
    const place = await arrived();
    const { index } = place.deps;
    let isChanged = false;
    const busy: JobDeps['index'] = {
      ...index,
      async replace(previous, next, jobs) {
        if (next.status === 'ready' && !isChanged) {
          isChanged = true;
          await index.replace(previous, { ...previous, title: 'After', revision: 2 });
        }
        await index.replace(previous, next, jobs);
      },
    };
    await place.process({ index: busy });
    expect(await place.current()).toMatchObject({ title: 'After', revision: 2 });
    await expectServedWithoutPlace(place);
  });

  test.each(['deleted', 'replaced'])('%s meanwhile leaves nothing of it', async (what) => {
    const place = await arrived();
    const { index, objects } = place.deps;
    const next = { ...place.image, version: 2, revision: 1, object_key: `${place.image.object_key}.v2` };
    const leaving: JobDeps['objects'] = {
      ...objects,
      async begin() {
        const draft = await objects.begin();
        return {
          ...draft,
          async commit(key, properties) {
            await draft.commit(key, properties);
            if (unstrippedKey(key) === undefined) return;
            const current = await place.current();
            await (what === 'deleted' ? index.remove(current) : index.replace(current, next));
          },
        };
      },
    };
    await place.process({ objects: leaving });
    await place.settle();
    expect(await place.originals()).toEqual([place.image.object_key]);
    expect(await index.get(place.image.image_id)).toEqual(what === 'deleted' ? undefined : next);
  });

  test('by two at once, both versions that share its bytes refer to what they became', async () => {
    const place = await arrived(PLACED, { version: 3 });
    const image = await place.current();
    const former = { ...currentVersionOf(image), version: 1, status: 'ready' } as const;
    const other = { ...former, version: 2, object_key: `${image.object_key}.v2` };
    await put(place.deps.objects, other.object_key, PLAIN);
    await place.deps.index.replace(image, { ...image, former_versions: [other, former] });
    await Promise.all([place.process(), place.process()]);
    await place.settle();
    const record = await place.current();
    const now = { object_key: KEY_OF(image), checksum_sha256: sha256(REWRITTEN) };
    expect(record).toMatchObject({ ...now, status: 'ready' });
    expect(record.former_versions).toEqual([other, { ...former, ...now }]);
    expect(storedBytes(record)).toBe(2 * PLACED.length);
    expect(await place.originals()).toEqual([now.object_key, other.object_key]);
  });
});

describe('an image', () => {
  test('that says nothing of a place is ready as it is', async () => {
    const place = await arrived(PLAIN);
    await place.process();
    const { object_key } = place.image;
    expect(await place.current()).toMatchObject({
      status: 'ready',
      object_key,
      checksum_sha256: sha256(PLAIN),
    });
    expect(await place.originals()).toEqual([object_key]);
    expect(place.jobs).toEqual([]);
  });

  test('that cannot be followed is rejected, with the reason, and the log says why', async () => {
    const place = await arrived(Buffer.from('of another kind than it says'));
    await place.process();
    const { image_id, object_key } = place.image;
    const rejection_reason = 'location_not_removable';
    expect(await place.current()).toMatchObject({ status: 'rejected', rejection_reason, object_key });
    const why = expect.stringMatching(/\.$/);
    expect(place.log).toMatchObject([{ level: 'warn', fields: { image_id, rejection_reason, why } }]);
    expect(await place.originals()).toEqual([object_key]);
  });

  test('that cannot be decoded is rejected for that', async () => {
    const place = await arrived();
    const renderer: JobDeps['renderer'] = {
      ...place.deps.renderer,
      develop: () => Promise.reject(new DomainError('unprocessable_image', 'The pixels end too early.')),
    };
    await place.process({ renderer });
    expect(await place.current()).toMatchObject({
      ...{ status: 'rejected', rejection_reason: 'undecodable: The pixels end too early.' },
    });
    expect(await place.originals()).toEqual([place.image.object_key]);
  });

  test('whose bytes are damaged is not given a checksum that hides it', async () => {
    const place = await arrived(PLACED, { checksum_sha256: sha256(PLAIN) });
    await expect(place.process()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await place.current()).toMatchObject({ status: 'scanning', checksum_sha256: sha256(PLAIN) });
    expect(await place.originals()).toEqual([place.image.object_key]);
  });

  test('whose bytes are gone stays as it is', async () => {
    const place = await arrived();
    await place.deps.objects.delete(place.image.object_key);
    await place.process();
    expect(await place.current()).toEqual(place.image);
  });

  test('that was ready before is served as it is', async () => {
    const place = await arrived(PLACED, { status: 'ready' });
    await place.process();
    expect(await place.current()).toMatchObject({ status: 'ready', object_key: place.image.object_key });
    expect(await place.originals()).toEqual([place.image.object_key]);
  });
});

describe('with a scanner', () => {
  test.each<[string, ScriptedAnswer, Partial<ImageRecord>]>([
    [
      'infected',
      { verdict: 'infected', signature: 'X' },
      { status: 'rejected', rejection_reason: 'infected: X' },
    ],
    ['not known yet', { verdict: 'pending' }, { status: 'scanning', rejection_reason: null }],
    ['not told', FAILURE, { status: 'scanning', rejection_reason: 'scanner_unavailable' }],
  ])('what is %s is neither decoded nor rewritten', async (_what, answer, is) => {
    const place = await arrived();
    await place.process({ scanner: scriptedScanner(answer) }).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'unavailable' });
    });
    expect(await place.current()).toMatchObject({ ...is, placeholder: null });
    expect(await keysOf(place.deps.objects)).toEqual([place.image.object_key]);
  });

  test('it looks at what came, and what it once could not say is forgotten', async () => {
    const place = await arrived(PLACED, { rejection_reason: 'scanner_unavailable' });
    const scanner = scriptedScanner({ verdict: 'clean' });
    await place.process({ scanner });
    expect(scanner.scanned.map(({ bytes }) => bytes.equals(PLACED))).toEqual([true]);
    await expectServedWithoutPlace(place);
  });
});

test('a job for the former bytes that knows what was reserved for them gives back nothing', async () => {
  const place = await arrived();
  await place.deps.quotas.reserve('alice', { images: 1, bytes: PLACED.length }, place.deps.quotaLimits);
  await place.process();
  const { image_id, object_key } = place.image;
  const reserved = { user_id: 'alice', images: 1, bytes: PLACED.length };
  const job: Job = { kind: 'clean-up-object', image_id, object_key, reserved };
  await doJob(place.deps, job, { number: 1, isLast: false });
  expect(await place.deps.quotas.usageOf('alice')).toMatchObject({ images: 1, bytes: PLACED.length });
  await expectServedWithoutPlace(place);
});
