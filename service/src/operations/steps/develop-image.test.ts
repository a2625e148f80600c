import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { SCRIPTED_SIZE, ScriptedRenderer } from '../../../test/support/scripted-renderer.ts';
import { bytesOf, contentOf, keysOf, put } from '../../../test/support/stored-bytes.ts';
import { DecoderEnded, DomainError, unavailable } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import { renditionObjectKey } from '../../domain/object-key.ts';
import type { DevelopedImage, Renderer } from '../../ports/renderer.ts';
import { type DevelopDeps, developImage } from './develop-image.ts';

const BYTES = bytesOf(100);
const IMAGE = sampleRecord({ size_bytes: BYTES.length, revision: 2, title: 'Before' });
const { image_id, user_id, object_key } = IMAGE;
const FAILURE = unavailable('This cannot be done now.', new Error('broken'));
const fail = () => Promise.reject(FAILURE);
const PRESETS = ['large', 'medium', 'small', 'thumb'].map((name) =>
  renditionObjectKey(user_id, image_id, 1, `${name}.webp`),
);

const GPS = { GPSLatitudeRef: 'N', GPSLatitude: [51, 30, 0], GPSLongitudeRef: 'W', GPSLongitude: [0, 6, 0] };

async function withImage(image: ImageRecord = IMAGE, bytes: Buffer | null = BYTES) {
  const memory = memoryDeps();
  const { deps } = memory;
  const renderer = new ScriptedRenderer();
  await deps.index.insert(image);
  if (bytes) await put(deps.objects, object_key, bytes);
  const develop = (differing: Partial<DevelopDeps> = {}, number = 1) =>
    developImage({ ...deps, renderer, ...differing }, image, { number, isLast: false });
  return { ...memory, renderer, develop, current: () => deps.index.get(image_id) };
}

/** Does so in place of decoding. */
const decoding = (develop: Renderer['develop']): Pick<DevelopDeps, 'renderer'> => ({
  renderer: { develop, render: fail, close: async () => {} },
});

describe('what is made of an image', () => {
  test('is stored before the record says that it is there, and moves nothing that callers go by', async () => {
    const { deps, develop, current } = await withImage();
    const index: DevelopDeps['index'] = {
      ...deps.index,
      async replace(previous, next, jobs) {
        expect(await keysOf(deps.objects, '.renditions/')).toEqual(PRESETS);
        await deps.index.replace(previous, next, jobs);
      },
    };
    await develop({ index });
    expect(await current()).toEqual({
      ...IMAGE,
      ...SCRIPTED_SIZE,
      background_revision: 1,
      placeholder: { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' },
      presets: { format: 'webp', names: ['thumb', 'small', 'medium', 'large'] },
      exif: null,
    });
  });

  test('is made once: done again nothing is decoded', async () => {
    const { deps, renderer, develop, current } = await withImage();
    await develop();
    const made = await current();
    if (!made) throw new Error('The image has gone.');
    await developImage({ ...deps, renderer }, made, { number: 1, isLast: false });
    expect(renderer.asked).toEqual(['develop']);
  });

  test('is finished where it was cut off after some of it was stored', async () => {
    const { deps, develop, current } = await withImage();
    const [, medium = ''] = PRESETS;
    await put(deps.objects, medium, Buffer.from('from before'));
    await develop();
    expect(await keysOf(deps.objects, '.renditions/')).toEqual(PRESETS);
    expect(await contentOf(deps.objects, medium)).toEqual(Buffer.from('from before'));
    expect(await current()).toMatchObject({ presets: { names: ['thumb', 'small', 'medium', 'large'] } });
  });

  test.each([false, true])('tells where it was taken only if that is kept: %s', async (keepGps) => {
    const { develop, current } = await withImage();
    const exif = { image: { Make: 'Example' }, photo: {}, gps: GPS };
    const developed = new ScriptedRenderer();
    await develop({
      keepGps,
      ...decoding(async (image, wanted) => ({ ...(await developed.develop(image, wanted)), exif })),
    });
    const gps = keepGps ? { gps: { latitude: 51.5, longitude: -0.1 } } : {};
    expect((await current())?.exif).toEqual({ camera_make: 'Example', ...gps });
  });
});

describe('an image that cannot be decoded', () => {
  const undecodable = new DomainError('unprocessable_image', 'The pixels end too early.');

  test('is rejected, with the reason', async () => {
    const { deps, develop, current, log } = await withImage();
    await develop(decoding(() => Promise.reject(undecodable)));
    const rejection_reason = 'undecodable: The pixels end too early.';
    expect(await current()).toEqual({
      ...IMAGE,
      ...{ status: 'rejected', rejection_reason, background_revision: 1 },
    });
    expect(await keysOf(deps.objects)).toEqual([object_key]);
    expect(log).toMatchObject([{ level: 'warn', fields: { image_id, rejection_reason } }]);
  });

  test('is not, where somebody else has given a verdict meanwhile', async () => {
    const { deps, develop, current } = await withImage();
    const infected = { ...IMAGE, status: 'rejected', rejection_reason: 'infected: X' } as const;
    await develop(
      decoding(async () => {
        await deps.index.replace(IMAGE, infected);
        throw undecodable;
      }),
    );
    expect(await current()).toEqual(infected);
  });

  test('by its decoder ending each time, is rejected at the third', async () => {
    const { develop, current } = await withImage();
    const ended = decoding(() => Promise.reject(new DecoderEnded('SIGKILL')));
    for (const number of [1, 2]) {
      await expect(develop(ended, number)).rejects.toBeInstanceOf(DecoderEnded);
      expect(await current()).toEqual(IMAGE);
    }
    await develop(ended, 3);
    expect(await current()).toMatchObject({
      status: 'rejected',
      rejection_reason: expect.stringMatching(/^undecodable: /),
    });
  });
});

describe('what is not the image’s fault never rejects it', () => {
  test.each<[string, (deps: DevelopDeps) => Partial<DevelopDeps>]>([
    ['no decoder', () => decoding(fail)],
    ['bytes that cannot be opened', ({ objects }) => ({ objects: { ...objects, open: fail } })],
    [
      'bytes that cannot be read to their end',
      ({ objects }) => ({
        objects: {
          ...objects,
          async open(key) {
            const object = await objects.open(key);
            return (
              object && {
                ...object,
                async *stream() {
                  yield BYTES.subarray(0, 10);
                  throw FAILURE;
                },
              }
            );
          },
        },
        // A decoder takes what was cut off for the image's own fault.
        ...decoding(async (image) => {
          try {
            for await (const _ of image.stream());
          } catch {
            throw new DomainError('unprocessable_image', 'The pixels end too early.');
          }
          throw new Error('It was read to its end.');
        }),
      }),
    ],
    ['nowhere to put a preset', ({ objects }) => ({ objects: { ...objects, begin: fail } })],
    ['a record that cannot be written', ({ index }) => ({ index: { ...index, replace: fail } })],
  ])('%s: the job fails, and the next try makes it whole', async (_what, differing) => {
    const { deps, develop, current, stored } = await withImage();
    for (const number of [1, 3, 29]) await expect(develop(differing(deps), number)).rejects.toBe(FAILURE);
    expect(await current()).toEqual(IMAGE);
    await develop();
    expect(await current()).toMatchObject({ status: 'ready', presets: { format: 'webp' } });
    expect(await keysOf(deps.objects, '.renditions/')).toEqual(PRESETS);
    expect((await stored()).drafts).toBe(0);
  });

  test('bytes that are gone: there is nothing to do', async () => {
    const { develop, current, renderer } = await withImage(IMAGE, null);
    await develop();
    expect([await current(), renderer.asked]).toEqual([IMAGE, []]);
  });
});

describe('while it is decoded', () => {
  /** Does something first. */
  const after = (first: () => Promise<void>) =>
    decoding(async (image, wanted): Promise<DevelopedImage> => {
      await first();
      return new ScriptedRenderer().develop(image, wanted);
    });

  test('a change by its owner is kept', async () => {
    const { deps, develop, current } = await withImage();
    const changed = { ...IMAGE, title: 'After', revision: 3 };
    await develop(after(() => deps.index.replace(IMAGE, changed)));
    expect(await current()).toMatchObject({ title: 'After', revision: 3, presets: { format: 'webp' } });
  });

  test('into the trash it takes what was made of it along', async () => {
    const { deps, develop, current } = await withImage();
    const deleted = { ...IMAGE, deleted_at: IMAGE.updated_at, revision: 3 };
    await develop(after(() => deps.index.replace(IMAGE, deleted)));
    expect(await current()).toMatchObject({ deleted_at: IMAGE.updated_at, presets: { format: 'webp' } });
    expect(await keysOf(deps.objects, '.renditions/')).toEqual(PRESETS);
  });

  test.each([
    ['deleted', null],
    ['replaced', { ...IMAGE, version: 2, revision: 1 }],
  ] as const)('%s, nothing that was made of it stays', async (_what, next) => {
    const { deps, develop, current } = await withImage();
    await develop(after(() => (next ? deps.index.replace(IMAGE, next) : deps.index.remove(IMAGE))));
    expect(await current()).toEqual(next ?? undefined);
    expect(await keysOf(deps.objects)).toEqual([object_key]);
  });
});
