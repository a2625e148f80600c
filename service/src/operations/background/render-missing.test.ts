import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { ScriptedRenderer } from '../../../test/support/scripted-renderer.ts';
import { bytesOf, keysOf, put } from '../../../test/support/stored-bytes.ts';
import { ANONYMOUS } from '../../domain/caller.ts';
import { unavailable } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import { newImageId } from '../../domain/image-id.ts';
import { renditionObjectKey, versionRenditionsPrefix } from '../../domain/object-key.ts';
import { PRESET_NAMES } from '../../domain/rendition.ts';
import { renditionQuery } from '../../domain/rendition-query.ts';
import { renderImage } from '../render-image.ts';
import { MOST_RENDITIONS } from '../steps/make-rendition.ts';
import { type RenderMissingDeps, renderMissing } from './render-missing.ts';

const BYTES = bytesOf(100);
const IMAGE = sampleRecord({
  user_id: 'a/b é',
  size_bytes: BYTES.length,
  width: 3000,
  height: 2000,
  version: 2,
  placeholder: { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' },
  presets: { format: 'webp', names: ['thumb', 'small', 'medium', 'large'] },
});
const { image_id, user_id, object_key } = IMAGE;

const keyOf = (name: string, user = user_id, id = image_id, version = 2) =>
  renditionObjectKey(user, id, version, name);
const PNG = 'w300-h200-inside-q100.png';

async function withImage(image: ImageRecord = IMAGE) {
  const memory = memoryDeps();
  const { deps } = memory;
  await deps.index.insert(image);
  await put(deps.objects, object_key, BYTES);
  const renderer = new ScriptedRenderer();
  /** What a request gets, with the object closed again. */
  const fetched = async (key: string, differing: Partial<RenderMissingDeps> = {}) => {
    const { object, content_type } = await renderMissing({ ...deps, renderer, ...differing }, key);
    const bytes = await object.read(0, object.size_bytes);
    await object.close();
    return { content_type, etag: object.etag, text: Buffer.from(bytes).toString() };
  };
  const made = () => keysOf(deps.objects, '.renditions/');
  return { ...memory, renderer, fetched, made };
}

describe('a rendition that is missing', () => {
  test('is made, kept under its key, and is the same for whoever comes later', async () => {
    const { fetched, made, renderer } = await withImage();
    const first = await fetched(keyOf(PNG));
    expect(first).toMatchObject({ content_type: 'image/png', text: '300 x 200 as png' });
    expect(await made()).toEqual([keyOf(PNG)]);
    expect(await fetched(keyOf(PNG))).toEqual(first);
    expect(renderer.asked).toEqual(['render 300x200 png']);
  });

  test('that a hundred ask for at once is made once', async () => {
    const { deps, fetched, renderer } = await withImage();
    const answers = await Promise.all(Array.from({ length: 100 }, () => fetched(keyOf(PNG))));
    expect(new Set(answers.map(({ etag, text }) => `${etag} ${text}`)).size).toBe(1);
    expect(renderer.asked).toHaveLength(1);
    expect(deps.renderings.size).toBe(0);
  });

  test('that another process has made meanwhile is taken as that has it', async () => {
    const { deps, fetched } = await withImage();
    const renderer = new ScriptedRenderer();
    const late: RenderMissingDeps['renderer'] = {
      develop: (image, wanted) => renderer.develop(image, wanted),
      close: () => renderer.close(),
      async render(image, plan) {
        await put(deps.objects, keyOf(PNG), Buffer.from('theirs'));
        return renderer.render(image, plan);
      },
    };
    expect((await fetched(keyOf(PNG), { renderer: late })).text).toBe('theirs');
  });

  test.each(PRESET_NAMES)('is made anew if it is the preset %s that was lost', async (preset) => {
    const { fetched } = await withImage();
    expect((await fetched(keyOf(`${preset}.webp`))).content_type).toBe('image/webp');
  });

  test.each([
    { w: '300' },
    { w: '5000', h: '5000', fit: 'contain' },
    { w: '777', h: '333', fit: 'cover', format: 'jpeg' },
    { w: '8192', h: '1', fit: 'fill', format: 'avif', q: '1' },
    { h: '1999', fit: 'inside', format: 'png', q: '7' },
  ])('is made under every name that the API gives out: %j', async (asked) => {
    const { deps, fetched, made, renderer } = await withImage(sampleRecord({ ...IMAGE, user_id: 'alice' }));
    const wanted = renditionQuery.parse(asked);
    const input = { image_id, wanted, accept: undefined };
    const { url } = await renderImage({ ...deps, renderer, rendersOnMiss: true }, ANONYMOUS, input);
    expect(renderer.asked).toEqual([]);
    const name = /w\d[^/?]*/.exec(url)?.[0] ?? '';
    await fetched(keyOf(name, 'alice'));
    expect(await made()).toEqual([keyOf(name, 'alice')]);
  });
});

describe('there is no rendition', () => {
  test.each([
    ['with a name that nothing has', keyOf('huge.webp')],
    ['with a size that is written in another way', keyOf('w0300-h200-inside-q80.webp')],
    ['wider than its image', keyOf('w3001-h2000-inside-q80.webp')],
    ['of other proportions than its image, all of it shown', keyOf('w300-h201-inside-q80.webp')],
    ['cut to a box that has its proportions', keyOf('w300-h200-cover-centre-q80.webp')],
    ['as a PNG with a quality', keyOf('w300-h200-inside-q80.png')],
    ['of a preset in another format', keyOf('thumb.avif')],
    ['of another version', keyOf(PNG, user_id, image_id, 1)],
    ['of another user', keyOf(PNG, 'mallory')],
    ['of another image', keyOf(PNG, user_id, newImageId(1))],
    ['below another folder', `.trash/${keyOf(PNG)}`],
    ['with nothing but the folder', '.renditions/'],
  ])('%s', async (_what, key) => {
    const { fetched, made, renderer } = await withImage();
    await expect(fetched(key)).rejects.toMatchObject({ code: 'not_found' });
    expect([await made(), renderer.asked]).toEqual([[], []]);
  });

  test.each<[string, Partial<ImageRecord>]>([
    ['not yet been decoded', { placeholder: null, presets: null }],
    ['not yet been scanned', { status: 'scanning' }],
    ['been rejected', { status: 'rejected' }],
    ['been announced', { status: 'pending', width: null, height: null }],
    ['been moved to the trash', { deleted_at: IMAGE.updated_at }],
  ])('of an image that has %s, not even one that is there', async (_what, differing) => {
    const { deps, fetched, renderer } = await withImage({ ...IMAGE, ...differing });
    await put(deps.objects, keyOf(PNG), bytesOf(10));
    for (const name of [PNG, 'w90-h60-inside-q80.webp', 'thumb.webp']) {
      await expect(fetched(keyOf(name))).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(renderer.asked).toEqual([]);
  });

  test('of an image that goes while it is made', async () => {
    const { deps, fetched, made } = await withImage();
    const renderer = new ScriptedRenderer();
    const removing: RenderMissingDeps['renderer'] = {
      develop: (image, wanted) => renderer.develop(image, wanted),
      close: () => renderer.close(),
      async render(image, plan) {
        await deps.index.remove(IMAGE);
        return renderer.render(image, plan);
      },
    };
    await expect(fetched(keyOf(PNG), { renderer: removing })).rejects.toMatchObject({ code: 'not_found' });
    expect(await made()).toEqual([]);
  });
});

describe('where an image has as many renditions as one may have', () => {
  test('none is made beside them, and those that are there are given out', async () => {
    const { deps, fetched, renderer } = await withImage();
    const prefix = versionRenditionsPrefix(user_id, image_id, 2);
    await put(deps.objects, keyOf(PNG), Buffer.from('there'));
    for (let nth = 1; nth < MOST_RENDITIONS; nth++) await put(deps.objects, `${prefix}r${nth}`, bytesOf(1));
    await expect(fetched(keyOf('w90-h60-inside-q80.webp'))).rejects.toMatchObject({ code: 'conflict' });
    expect((await fetched(keyOf(PNG))).text).toBe('there');
    expect(renderer.asked).toEqual([]);
  });
});

test('a store that cannot be asked is not taken for one without it', async () => {
  const { deps, fetched } = await withImage();
  const broken = unavailable('This cannot be done now.', new Error('broken'));
  const objects = { ...deps.objects, open: () => Promise.reject(broken) };
  await expect(fetched(keyOf(PNG), { objects })).rejects.toBe(broken);
});
