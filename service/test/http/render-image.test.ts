import sharp from 'sharp';
import { v7 } from 'uuid';
import { beforeAll, describe, expect, it } from 'vitest';
import { renditionObjectKey } from '../../src/domain/object-key.ts';
import type { RenditionPlan } from '../../src/domain/rendition.ts';
import { renditionName } from '../../src/domain/rendition-name.ts';
import type { AppContext } from '../../src/http/context.ts';
import { MOST_RENDITIONS } from '../../src/operations/steps/make-rendition.ts';
import { expectProblem, type Image } from '../support/answers.ts';
import { DIVIDED_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { bytesAt, processed, viewed } from '../support/image-calls.ts';
import { quarters } from '../support/made-images.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { put } from '../support/stored-bytes.ts';

type Home = Omit<TestHome, 'close'>;

function ask(home: Home, { image_id }: Pick<Image, 'image_id'>, rest: string, accept?: string) {
  const headers = accept === undefined ? {} : { accept };
  return home.request(`/images/${image_id}/renditions${rest}`, { headers });
}

/** Where it leads. */
async function locationOf(response: Response): Promise<string> {
  expect(response.status, await response.clone().text()).toBe(302);
  expect(response.headers.get('cache-control')).toBe('private, no-store');
  return response.headers.get('location') ?? '';
}

async function rendered(home: Home, image: Image, query: string) {
  const bytes = await bytesAt(home, await locationOf(await ask(home, image, query)));
  const { width, height, format, compression } = await sharp(bytes).metadata();
  return { size: `${width} x ${height}`, format: compression === 'av1' ? 'avif' : format };
}

describe.each(DIVIDED_HOMES)('a preset by its name (%s)', (kind) => {
  const home = useHome(kind);

  it('is where the image says that it is', async () => {
    const image = await processed(home, await quarters(1400, 700).png().toBuffer());
    for (const preset of ['thumb', 'small', 'medium', 'large'] as const) {
      const response = await ask(home, image, `/${preset}`, 'image/avif,image/webp');
      expect(response.headers.get('vary')).toBeNull();
      expect(await locationOf(response)).toBe(image.renditions[preset]?.url);
    }
  });

  it('that is beyond a small image is the largest that it has', async () => {
    const image = await processed(home, SMALL_IMAGES['image/png'].bytes);
    expect(Object.keys(image.renditions)).toEqual(['thumb', 'small']);
    const small = await viewed(home, image.image_id);
    for (const preset of ['medium', 'large']) {
      const url = await locationOf(await ask(home, image, `/${preset}`));
      expect(url).toBe(small.renditions.small?.url);
      expect(await sharp(await bytesAt(home, url)).metadata()).toMatchObject({ width: 8, height: 6 });
    }
  });

  it('that there is none of is not found, and takes no parameters', async () => {
    const image = await processed(home, SMALL_IMAGES['image/png'].bytes);
    for (const name of ['huge', 'THUMB', 'thumb.webp', '__proto__', 'toString', '%2e%2e']) {
      await expectProblem(await ask(home, image, `/${name}`), 'not_found');
    }
    await expectProblem(await ask(home, image, '/thumb?w=10'), 'invalid_request', 'w');
    for (const image_id of [v7(), 'no-id']) {
      await expectProblem(await ask(home, { image_id }, '/thumb'), 'not_found');
      await expectProblem(await ask(home, { image_id }, '?w=10'), 'not_found');
    }
  });
});

describe.each(DIVIDED_HOMES)('a rendition on demand (%s)', (kind) => {
  const home = useHome(kind);
  let image: Image;
  beforeAll(async () => {
    image = await processed(home, await quarters().jpeg().toBuffer());
  });

  it.each([
    ['?w=200&format=webp', '200 x 150', 'webp'],
    ['?h=30&format=jpeg', '40 x 30', 'jpeg'],
    ['?w=100&h=100&format=png', '100 x 75', 'png'],
    ['?w=100&h=100&fit=inside&format=webp&q=5', '100 x 75', 'webp'],
    ['?w=100&h=100&fit=cover&format=avif&q=30', '100 x 100', 'avif'],
    ['?w=120&h=40&fit=contain&format=jpeg&q=100', '120 x 40', 'jpeg'],
    ['?w=50&h=90&fit=fill&format=webp', '50 x 90', 'webp'],
  ])('%s is %s as %s', async (query, size, format) => {
    expect(await rendered(home, image, query)).toEqual({ size, format });
  });

  it('of a lower quality has fewer bytes', async () => {
    const bytes = async (q: number) =>
      (await bytesAt(home, await locationOf(await ask(home, image, `?w=390&format=jpeg&q=${q}`)))).length;
    expect(await bytes(5)).toBeLessThan(await bytes(95));
  });

  it.each([
    ['?w=5000&format=png', '400 x 300'],
    ['?w=8192&h=8192&format=png', '400 x 300'],
    ['?w=8000&h=4000&fit=cover&format=png', '400 x 200'],
    ['?w=800&h=1600&fit=fill&format=png', '150 x 300'],
  ])('%s is no larger than the image: %s', async (query, size) => {
    expect(await rendered(home, image, query)).toEqual({ size, format: 'png' });
  });

  it('with `auto` is what the program accepts, and says so to caches', async () => {
    for (const [accept, format] of [
      ['image/avif,image/webp,image/*', 'webp'],
      ['image/webp;q=0, image/*', 'jpeg'],
      ['*/*', 'jpeg'],
      [undefined, 'jpeg'],
    ] as const) {
      const response = await ask(home, image, '?w=64', accept);
      expect(response.headers.get('vary')).toBe('Accept');
      const bytes = await bytesAt(home, await locationOf(response));
      expect((await sharp(bytes).metadata()).format).toBe(format);
    }
    const named = await ask(home, image, '?w=64&format=webp', 'image/png');
    expect(named.headers.get('vary')).toBeNull();
  });

  it.each([
    ['', 'w'],
    ['?fit=cover', 'w'],
    ['?w=0', 'w'],
    ['?w=-5', 'w'],
    ['?w=1.5', 'w'],
    ['?w=1e3', 'w'],
    ['?w=', 'w'],
    ['?w=8193', 'w'],
    ['?w=10&h=8193', 'h'],
    ['?w=99999999999999999999', 'w'],
    ['?w=10&w=20', 'w'],
    ['?w=10&fit=stretch', 'fit'],
    ['?w=10&format=gif', 'format'],
    ['?w=10&format=svg', 'format'],
    ['?w=10&q=0', 'q'],
    ['?w=10&q=101', 'q'],
    ['?w=10&colour=red', 'colour'],
  ])('%s is refused and names %s', async (query, field) => {
    await expectProblem(await ask(home, image, query), 'invalid_request', field);
  });
});

describe.each(DIVIDED_HOMES)('the URL of a rendition (%s)', (kind) => {
  const home = useHome(kind);

  it('is the same within a window, and so are those of lists', async () => {
    const { image_id } = await processed(home, await quarters().jpeg().toBuffer());
    const urls = async (instant: string) => {
      home.clock.set(instant);
      const image = await viewed(home, image_id);
      const response = await home.request('/images?user_id=alice&limit=1');
      const { items } = (await response.json()) as { items: Image[] };
      expect(items[0]?.renditions).toEqual(image.renditions);
      const asked = await locationOf(await ask(home, image, '?w=77&format=webp'));
      return [image.renditions.thumb?.url, image.renditions.small?.url, image.url, asked];
    };
    // The time of records does not go back; that of URLs is all that is looked at here.
    const first = await urls('2027-01-01T10:00:01.000Z');
    expect(await urls('2027-01-01T10:59:59.000Z')).toEqual(first);
    const later = await urls('2027-01-01T11:00:01.000Z');
    for (const [index, url] of later.entries()) expect(url).not.toBe(first[index]);
    home.clock.release();
  });

  it('answers with an ETag, and is not sent again to who has it', async () => {
    const image = await processed(home, await quarters().jpeg().toBuffer());
    for (const rest of ['/thumb', '?w=80&format=webp']) {
      const url = await locationOf(await ask(home, image, rest));
      const response = await home.follow(url);
      expect(response.status).toBe(200);
      const etag = response.headers.get('etag') ?? '';
      expect(etag).toMatch(/^"[^"]+"$/);
      const again = await home.follow(url, { headers: { 'if-none-match': etag } });
      expect([again.status, await again.text()]).toEqual([304, '']);
      // S3 says nothing of caches that nobody has told it.
      if (kind === 'aws') continue;
      expect(response.headers.get('cache-control')).toMatch(/^private, max-age=\d+, immutable$/);
    }
  });
});

/** Counts what its renderer is asked for, and has each wait until it is let go. */
function countingRenderer() {
  const count = { renders: 0 };
  const around = (context: AppContext): AppContext => {
    const { renderer } = context.deps;
    return {
      ...context,
      deps: {
        ...context.deps,
        renderer: {
          develop: (source, wanted) => renderer.develop(source, wanted),
          async render(source, plan) {
            count.renders++;
            return renderer.render(source, plan);
          },
          close: () => renderer.close(),
        },
      },
    };
  };
  return { count, around };
}

describe.each(DIVIDED_HOMES)('the same rendition asked for by many (%s)', (kind) => {
  const { count, around } = countingRenderer();
  const home = useHome(kind, { around });

  it('is made once, and kept', async () => {
    const image = await processed(home, await quarters().jpeg().toBuffer());
    const hundred = () =>
      Promise.all(Array.from({ length: 100 }, () => ask(home, image, '?w=90&format=webp')));
    const urls = await Promise.all((await hundred()).map(locationOf));
    expect(new Set(urls).size).toBe(1);
    expect(count.renders).toBe(1);
    await Promise.all((await hundred()).map(locationOf));
    // What means the same is the same.
    await locationOf(await ask(home, image, '?w=90&h=300&fit=inside&q=80&format=webp'));
    expect(count.renders).toBe(1);
    expect(await sharp(await bytesAt(home, urls[0])).metadata()).toMatchObject({ width: 90 });
    expect(home.context.deps.renderings.size).toBe(0);
  });
});

describe.each(DIVIDED_HOMES)('the number of renditions of an image (%s)', (kind) => {
  const home = useHome(kind);

  it('has a bound: what is there is served on, and nothing more is made', async () => {
    const image = await processed(home, await quarters().jpeg().toBuffer());
    const { objects } = home.context.deps;
    const there = Object.keys(image.renditions).length;
    for (let width = 1; width <= MOST_RENDITIONS - there - 1; width++) {
      const plan: RenditionPlan = {
        ...{ width, height: 1, fit: 'fill', keep: 'centre', format: 'png', quality: 100 },
      };
      const key = renditionObjectKey(image.user_id, image.image_id, 1, renditionName(plan));
      await put(objects, key, Buffer.from(`as if made: ${width}`));
    }
    const last = await locationOf(await ask(home, image, '?w=200&format=png'));
    const problem = await expectProblem(await ask(home, image, '?w=201&format=png'), 'conflict');
    expect(problem.detail).toContain(String(MOST_RENDITIONS));
    expect(await locationOf(await ask(home, image, '?w=200&format=png'))).toBe(last);
    expect(await locationOf(await ask(home, image, '/small'))).toBe(image.renditions.small?.url);
    const other = await processed(home, await quarters().jpeg().toBuffer());
    await locationOf(await ask(home, other, '?w=201&format=png'));
  });
});
