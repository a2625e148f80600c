import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../test/support/memory-deps.ts';
import { sampleRecord } from '../../test/support/sample-record.ts';
import { ScriptedRenderer } from '../../test/support/scripted-renderer.ts';
import { bytesOf, keysOf, put } from '../../test/support/stored-bytes.ts';
import { ANONYMOUS } from '../domain/caller.ts';
import { DomainError, unavailable } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import { renditionObjectKey, versionRenditionsPrefix } from '../domain/object-key.ts';
import { renditionQuery } from '../domain/rendition-query.ts';
import type { Renderer } from '../ports/renderer.ts';
import { withdrawImage } from './background/withdraw-image.ts';
import { type RenderDeps, type RenderImageInput, renderImage } from './render-image.ts';
import { MOST_RENDITIONS } from './steps/make-rendition.ts';

const BYTES = bytesOf(100);
const IMAGE = sampleRecord({
  size_bytes: BYTES.length,
  width: 3000,
  height: 2000,
  placeholder: { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' },
  presets: { format: 'webp', names: ['thumb', 'small', 'medium', 'large'] },
});
const { image_id, user_id, object_key } = IMAGE;
const FAILURE = unavailable('This cannot be done now.', new Error('broken'));
const fail = () => Promise.reject(FAILURE);
const KEY = renditionObjectKey(user_id, image_id, 1, 'w300-h200-inside-q80.webp');
const WANTED = renditionQuery.parse({ w: '300', format: 'webp' });

async function withImage(image: ImageRecord = IMAGE) {
  const memory = memoryDeps();
  const { deps } = memory;
  await deps.index.insert(image);
  await put(deps.objects, object_key, BYTES);
  const renderer = new ScriptedRenderer();
  const render = (differing: Partial<RenderDeps> = {}, wanted: RenderImageInput['wanted'] = WANTED) =>
    renderImage({ ...deps, renderer, ...differing }, ANONYMOUS, { image_id, wanted, accept: undefined });
  const state = async () => ({
    made: await keysOf(deps.objects, '.renditions/'),
    drafts: (await memory.stored()).drafts,
    renderings: deps.renderings.size,
  });
  return { ...memory, renderer, render, state };
}

const NOTHING_MADE = { made: [], drafts: 0, renderings: 0 };
const MADE = { ...NOTHING_MADE, made: [KEY] };

/** Renders so. */
const rendering = (render: Renderer['render']): Pick<RenderDeps, 'renderer'> => ({
  renderer: { develop: fail, render, close: async () => {} },
});

describe('a rendition', () => {
  test('is made when it is first asked for, and then is there', async () => {
    const { render, renderer, state } = await withImage();
    const { url } = await render();
    expect(await state()).toEqual(MADE);
    expect((await render()).url).toContain('w300-h200-inside-q80.webp');
    expect(url).toContain('w300-h200-inside-q80.webp');
    expect(renderer.asked).toEqual(['render 300x200 webp']);
  });

  test('that a preset’s record speaks of is not looked for', async () => {
    const { render } = await withImage();
    const open = () => Promise.reject(new Error('Nobody is to look.'));
    const { deps } = memoryDeps();
    const objects = { ...deps.objects, open };
    expect((await render({ objects }, { preset: 'thumb' })).url).toContain('thumb.webp');
  });

  test('that another process makes at the same time is taken as it is', async () => {
    const { deps, render, state } = await withImage();
    await render(
      rendering(async (_image, plan) => {
        await put(deps.objects, KEY, Buffer.from('theirs'));
        const { width, height } = plan;
        return { width, height, content_type: 'image/webp', bytes: Buffer.from('ours') };
      }),
    );
    expect(await state()).toEqual(MADE);
  });

  test.each<[string, Partial<ImageRecord>, string, number | undefined]>([
    ['not yet been processed', { placeholder: null, presets: null }, 'not_ready', 1],
    ['not yet been scanned', { status: 'scanning' }, 'not_ready', undefined],
    ['been rejected', { status: 'rejected' }, 'not_ready', undefined],
    ['been announced', { status: 'pending', width: null, height: null }, 'not_ready', undefined],
    ['been moved to the trash', { deleted_at: IMAGE.updated_at }, 'not_found', undefined],
  ])('there is none of an image that has %s', async (_what, differing, code, retry_after_seconds) => {
    const { render, renderer } = await withImage({ ...IMAGE, ...differing });
    for (const wanted of [WANTED, { preset: 'thumb' } as const]) {
      await expect(render({}, wanted)).rejects.toMatchObject({ code, retry_after_seconds });
    }
    expect(renderer.asked).toEqual([]);
  });
});

describe('where whoever asks for what is missing has it made', () => {
  const onMiss = { rendersOnMiss: true };

  test('its URL is given out at once: nobody looks for it, and nothing is made', async () => {
    const { deps, render, renderer, state } = await withImage();
    const open = () => Promise.reject(new Error('Nobody is to look.'));
    const objects = { ...deps.objects, open };
    expect((await render({ ...onMiss, objects })).url).toContain('w300-h200-inside-q80.webp');
    expect([await state(), renderer.asked]).toEqual([NOTHING_MADE, []]);
  });

  test('it is refused as ever where there can be none', async () => {
    const { render } = await withImage({ ...IMAGE, status: 'rejected' });
    await expect(render(onMiss)).rejects.toMatchObject({ code: 'not_ready' });
  });

  test.each(['a b', 'größe', '..', 'a%2Fb'])(
    'it is made before all the same for the user %j, whose paths CloudFront cannot sign for a function',
    async (user) => {
      const { render, state } = await withImage({ ...IMAGE, user_id: user });
      await render(onMiss);
      expect(await state()).toEqual({
        ...NOTHING_MADE,
        made: [renditionObjectKey(user, image_id, 1, 'w300-h200-inside-q80.webp')],
      });
    },
  );
});

describe('where it cannot be made', () => {
  test.each<[string, (deps: RenderDeps) => Partial<RenderDeps>]>([
    ['the store cannot be asked', ({ objects }) => ({ objects: { ...objects, open: fail } })],
    ['the store cannot be written', ({ objects }) => ({ objects: { ...objects, begin: fail } })],
    ['there is no decoder', () => rendering(fail)],
    [
      'the bytes are gone',
      ({ objects }) => ({
        objects: { ...objects, open: async (key) => (key === KEY ? objects.open(key) : undefined) },
      }),
    ],
    [
      'what there is of them cannot be counted',
      ({ objects }) => ({
        objects: {
          ...objects,
          // biome-ignore lint/correctness/useYield: it fails before there is one
          async *list() {
            throw FAILURE;
          },
        },
      }),
    ],
  ])(
    'because %s, all who wait hear it, nothing is left, and the next one tries anew',
    async (_why, differing) => {
      const { deps, render, state } = await withImage();
      const broken = differing(deps);
      const outcomes = await Promise.allSettled([render(broken), render(broken), render(broken)]);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
      }
      expect(await state()).toEqual(NOTHING_MADE);
      await render();
      expect(await state()).toEqual(MADE);
    },
  );

  test('because the bytes cannot be read, that is not told as the image’s fault', async () => {
    const { deps, render } = await withImage();
    const objects: RenderDeps['objects'] = {
      ...deps.objects,
      async open(key) {
        const object = await deps.objects.open(key);
        // biome-ignore lint/correctness/useYield: it fails before there is one
        const stream = async function* () {
          throw FAILURE;
        };
        return object && { ...object, stream };
      },
    };
    const taken = rendering(async (image) => {
      for await (const _ of image.stream());
      throw new DomainError('unprocessable_image', 'The pixels end too early.');
    });
    await expect(render({ objects, ...taken })).rejects.toBe(FAILURE);
  });

  test('because the bytes went with the image meanwhile, that is told', async () => {
    const { deps, render } = await withImage();
    const objects: RenderDeps['objects'] = {
      ...deps.objects,
      async open(key) {
        if (key === object_key) await deps.index.remove(IMAGE);
        return undefined;
      },
    };
    await expect(render({ objects })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('because the image is at fault, that is told', async () => {
    const { render, state } = await withImage();
    const refusal = new DomainError('unprocessable_image', 'The pixels end too early.');
    await expect(render(rendering(() => Promise.reject(refusal)))).rejects.toBe(refusal);
    expect(await state()).toEqual(NOTHING_MADE);
  });

  test('because there are as many as one image may have', async () => {
    const { deps, render, renderer } = await withImage();
    const prefix = versionRenditionsPrefix(user_id, image_id, 1);
    for (let nth = 0; nth < MOST_RENDITIONS; nth++) await put(deps.objects, `${prefix}r${nth}`, bytesOf(1));
    await expect(render()).rejects.toMatchObject({ code: 'conflict' });
    expect(renderer.asked).toEqual([]);
  });
});

describe('while it is made', () => {
  const scripted = new ScriptedRenderer();

  test.each([
    ['removed', null, 'not_found'],
    ['replaced', { ...IMAGE, version: 2, revision: 1, placeholder: null, presets: null }, 'not_ready'],
  ] as const)(
    'the image is %s, and all of its renditions go: this one as well',
    async (_what, next, code) => {
      const { deps, render, state } = await withImage();
      const removing = rendering(async (image, plan) => {
        if (next) await deps.index.replace(IMAGE, next);
        else await deps.index.remove(IMAGE);
        await withdrawImage(deps, { kind: 'withdraw-image', image_id, user_id, object_keys: [] });
        return scripted.render(image, plan);
      });
      await expect(render(removing)).rejects.toMatchObject({ code });
      expect(await state()).toEqual(NOTHING_MADE);
    },
  );

  test('the image is changed, and it stays', async () => {
    const { deps, render, state } = await withImage();
    await render(
      rendering(async (image, plan) => {
        await deps.index.replace(IMAGE, { ...IMAGE, title: 'Other', revision: 2 });
        return scripted.render(image, plan);
      }),
    );
    expect(await state()).toEqual(MADE);
  });
});
