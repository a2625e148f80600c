import { describe, expect, test } from 'vitest';
import { quarters } from '../../service/test/support/made-images.ts';
import { useServer } from '../../service/test/support/running-server.ts';
import { createClient, type Image } from '../src/index.ts';

const rendition = (name: string, width: number, height: number) => ({
  url: `https://cdn.example/${name}`,
  width,
  height,
});
const landscape = {
  image_id: '019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11',
  url: 'https://cdn.example/original',
  width: 4000,
  renditions: {
    thumb: rendition('thumb', 256, 256),
    small: rendition('small', 640, 480),
    medium: rendition('medium', 1280, 960),
    large: rendition('large', 2048, 1536),
  },
};

describe('the address of an image', () => {
  const tintype = createClient({ url: 'https://img.example/api/' });
  const renditions = `https://img.example/api/images/${landscape.image_id}/renditions`;

  test.each([
    [undefined, 'original'],
    [1, 'small'],
    [640, 'small'],
    [641, 'medium'],
    [2048, 'large'],
    [2049, 'original'],
  ])('of a width of %s is that of %s', (width, name) => {
    expect(tintype.url(landscape, { width })).toBe(`https://cdn.example/${name}`);
  });

  test('of a small width is never that of a picture with its sides cut off', () => {
    const square = {
      ...landscape,
      renditions: { thumb: rendition('thumb', 256, 256), small: rendition('small', 640, 640) },
    };
    expect(tintype.url(square, { width: 200 })).toBe('https://cdn.example/thumb');
    expect(tintype.url(landscape, { width: 200 })).toBe('https://cdn.example/small');
  });

  test.each([
    [{ width: 300, format: 'avif' }, 'w=300&format=avif'],
    [{ height: 200 }, 'h=200'],
    [{ width: 300, height: 200, fit: 'cover', quality: 70 }, 'w=300&h=200&fit=cover&q=70'],
    [{ format: 'webp' }, 'w=4000&format=webp'],
  ] as const)('of %o is one of a rendition', (options, query) => {
    expect(tintype.url(landscape, options)).toBe(`${renditions}?${query}`);
  });

  test('of an image that is not ready is one that will lead to it', () => {
    const pending = { ...landscape, url: null, renditions: {} };
    const content = `https://img.example/api/images/${landscape.image_id}/content`;
    expect(tintype.url(pending, { width: 100 })).toBe(content);
  });
});

describe('the addresses of a running service', () => {
  const server = useServer();

  test('lead to pictures of the size and format that were asked for', async () => {
    const tintype = createClient({ url: server.url });
    const bytes = await quarters(1000, 800).png().toBuffer();
    const stored = await tintype.upload(bytes, { user_id: 'alice' });
    const image = await withPresets(() => tintype.view(stored.image_id));
    const typeAt = async (url: string) => (await fetch(url)).headers.get('content-type');
    expect(tintype.url(image, { width: 320 })).toBe(image.renditions.small?.url);
    expect(await typeAt(tintype.url(image, { width: 320 }))).toBe('image/webp');
    expect(await typeAt(tintype.url(image, { width: 320, format: 'jpeg' }))).toBe('image/jpeg');
    expect(await typeAt(tintype.url(image, { format: 'webp' }))).toBe('image/webp');
    expect(
      await typeAt(tintype.url(image, { height: 100, fit: 'cover', quality: 50, width: 100, format: 'png' })),
    ).toBe('image/png');
    expect(await typeAt(tintype.url(image))).toBe('image/png');
  });

  async function withPresets(view: () => Promise<Image>): Promise<Image> {
    for (;;) {
      const image = await view();
      if (image.placeholder && image.renditions.small) return image;
    }
  }
});
