import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { type ScriptedAnswer, scriptedScanner } from '../../../test/support/scripted-scanner.ts';
import { bytesOf, put } from '../../../test/support/stored-bytes.ts';
import { unavailable } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { Attempt, ProcessImage } from '../../domain/job.ts';
import type { DevelopedImage, Renderer } from '../../ports/renderer.ts';
import type { Verdict } from '../../ports/scanner.ts';
import { doJob } from './do-job.ts';
import { processImage } from './process-image.ts';

const BYTES = bytesOf(100);
const SCANNING = sampleRecord({ status: 'scanning', size_bytes: BYTES.length, version: 2 });
const { image_id, object_key } = SCANNING;
const JOB: ProcessImage = { kind: 'process-image', image_id, version: 2 };

const ATTEMPT: Attempt = { number: 1, isLast: false };

/** What a decoder makes of it. */
const SHOWN: DevelopedImage = {
  width: 6,
  height: 8,
  placeholder: { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#a1b2c3' },
  exif: null,
  presets: [],
};

/** The image as it is stored, with its bytes, a scanner that answers so, and a decoder that counts. */
async function withImage(image: ImageRecord | undefined, ...answers: readonly ScriptedAnswer[]) {
  const { deps } = memoryDeps();
  if (image) await deps.index.insert(image);
  await put(deps.objects, object_key, BYTES);
  const scanner = scriptedScanner(...answers);
  /** What the image was each time that it was decoded. */
  const decoded: (string | undefined)[] = [];
  const renderer: Renderer = {
    async develop() {
      decoded.push((await deps.index.get(image_id))?.status);
      return SHOWN;
    },
    render: () => Promise.reject(new Error('Nobody asks for a rendition here.')),
    close: async () => {},
  };
  const jobDeps = { ...deps, scanner, renderer };
  const process = () => processImage(jobDeps, JOB, ATTEMPT);
  return { deps: jobDeps, process, scanner, decoded, stored: () => deps.index.get(image_id) };
}

describe('the job of an image', () => {
  test('decodes it once it is clean, and not before; done again it does nothing more', async () => {
    const { process, scanner, decoded, stored } = await withImage(SCANNING, { verdict: 'clean' });
    await process();
    const ready = await stored();
    expect(ready).toMatchObject({ status: 'ready', rejection_reason: null, placeholder: SHOWN.placeholder });
    await process();
    expect(await stored()).toEqual(ready);
    expect(scanner.scanned).toHaveLength(1);
    expect(decoded).toEqual(['ready']);
  });

  test.each<[Verdict]>([
    [{ verdict: 'infected', signature: 'X' }],
    [{ verdict: 'unscannable', reason: 'too_large' }],
    [{ verdict: 'unscannable', reason: 'unsupported' }],
  ])('never decodes what is rejected, nor asks again: %j', async (verdict) => {
    const { process, scanner, decoded, stored } = await withImage(SCANNING, verdict);
    await process();
    const rejected = await stored();
    expect(rejected?.status).toBe('rejected');
    await process();
    expect(await stored()).toEqual(rejected);
    expect(scanner.scanned).toHaveLength(1);
    expect(decoded).toEqual([]);
  });

  test('fails while there is no verdict, so that it is done again', async () => {
    const failure = unavailable('The scanner cannot be reached.', new Error('ECONNREFUSED'));
    const answers = [failure, { verdict: 'pending' }, { verdict: 'clean' }] as const;
    const { process, decoded, stored } = await withImage(SCANNING, ...answers);
    await expect(process()).rejects.toBe(failure);
    await expect(process()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await stored()).toMatchObject({ status: 'scanning' });
    expect(decoded).toEqual([]);
    await process();
    expect(await stored()).toMatchObject({ status: 'ready', rejection_reason: null });
    expect(decoded).toEqual(['ready']);
  });

  test('decodes what was ready from the first, and asks no scanner', async () => {
    const { process, scanner, decoded } = await withImage({ ...SCANNING, status: 'ready' });
    await process();
    expect(decoded).toEqual(['ready']);
    expect(scanner.scanned).toEqual([]);
  });

  test.each([
    ['is not there any more', undefined],
    ['has newer bytes', { ...SCANNING, version: 3 }],
    ['has older bytes again', { ...SCANNING, version: 1 }],
    ['has been deleted', { ...SCANNING, deleted_at: '2026-05-05T00:00:00.000Z' }],
    ['is rejected', { ...SCANNING, status: 'rejected', rejection_reason: 'unscannable' }],
    ['has not got its bytes yet', { ...SCANNING, status: 'pending' }],
  ] as const)('does nothing where the image %s', async (_what, image) => {
    const { process, scanner, decoded, stored } = await withImage(image);
    await process();
    expect(await stored()).toEqual(image);
    expect([scanner.scanned, decoded]).toEqual([[], []]);
  });

  test('is done with all other jobs', async () => {
    const { deps, stored } = await withImage(SCANNING, { verdict: 'clean' });
    await doJob(deps, JOB, ATTEMPT);
    expect(await stored()).toMatchObject({ status: 'ready' });
  });
});
