import { describe, expect, test } from 'vitest';
import { Library } from './library.ts';
import { listedImage, listedImages } from './listed-image.ts';
import type { FetchedBlock, PageSource } from './page-source.ts';

const SIZES = { width: 1000, rowHeight: 200, gap: 4 };
const PAGE = 100;

/** A list of a thousand images, whose keys are the number that a page begins with. */
class Thousand implements PageSource {
  readonly order = 'newest';
  readonly asked: (string | null)[] = [];
  readonly aborted: (string | null)[] = [];
  failure: unknown;

  async fetch(cursor: string | null, _bound: unknown, signal: AbortSignal): Promise<FetchedBlock> {
    this.asked.push(cursor);
    signal.addEventListener('abort', () => this.aborted.push(cursor));
    if (this.failure) throw this.failure;
    const from = Number(cursor ?? 1000);
    return { items: listedImages(from, from - PAGE + 1), next: from > PAGE ? String(from - PAGE) : null };
  }

  has(): boolean {
    return true;
  }
}

/** Looks at one height after the other, until everything that is fetched then has come. */
async function walk(library: Library, from: number, to: number): Promise<void> {
  const step = from < to ? 400 : -400;
  for (let top = from; step > 0 ? top < to : top > to; top += step) {
    library.look({ top, bottom: top + 800 }, 800);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

async function opened(): Promise<{ library: Library; source: Thousand }> {
  const source = new Thousand();
  const library = new Library(source, SIZES);
  await library.open();
  return { library, source };
}

const kept = (library: Library) => library.blocks.all.filter(({ items }) => items).length;

describe('a long list', () => {
  test('is fetched as it is looked at, and what is far is let go', async () => {
    const { library, source } = await opened();
    await walk(library, 0, 70_000);
    expect(library.isComplete).toBe(true);
    expect(library.blocks.count).toBe(1000);
    expect(kept(library)).toBeLessThan(6);
    expect(source.asked).toHaveLength(10);
  });

  test('is fetched again by its own keys when it is gone back to, and stays as high', async () => {
    const { library, source } = await opened();
    await walk(library, 0, 70_000);
    const { height } = library.blocks;
    source.asked.length = 0;
    await walk(library, 70_000, -800);
    expect(source.asked).toContain(null);
    expect(source.asked).toContain('500');
    expect(library.blocks.height).toBe(height);
    expect(library.find('image-01000')).toBeDefined();
  });

  test('gives neighbours across blocks, also where those have been let go', async () => {
    const { library } = await opened();
    expect((await library.beside('image-00901', 1))?.image_id).toBe('image-00900');
    await walk(library, 0, 70_000);
    const first = library.known()[0];
    const before = await library.beside(first?.image_id ?? '', -1);
    expect(Number(before?.image_id.slice(6))).toBe(Number(first?.image_id.slice(6)) + 1);
    expect(await library.beside('image-00001', 1)).toBeUndefined();
  });

  test('keeps the block of an image that is looked at apart from it', async () => {
    const { library } = await opened();
    library.pin('image-01000');
    await walk(library, 0, 70_000);
    expect(library.find('image-01000')).toBeDefined();
  });

  test('lets nobody break off the fetching of what is beside such an image', async () => {
    const { library, source } = await opened();
    await walk(library, 0, 70_000);
    library.pin(library.known()[0]?.image_id);
    const before = library.beside(library.known()[0]?.image_id ?? '', -1);
    library.look({ top: 70_000, bottom: 70_800 }, 800);
    expect(await before).toBeDefined();
    expect(source.aborted).toEqual([]);
  });
});

describe('a list that could not be fetched', () => {
  test('says why, and is asked for again only when somebody wants it', async () => {
    const { library, source } = await opened();
    source.failure = new Error('no connection');
    await walk(library, 0, 8_000);
    expect(library.state.value).toBe('failed');
    expect(library.error.value).toBe(source.failure);
    const times = source.asked.length;
    await walk(library, 0, 8_000);
    expect(source.asked).toHaveLength(times);
    source.failure = undefined;
    library.retry();
    await walk(library, 0, 8_000);
    expect(library.state.value).toBe('open');
    expect(source.asked.length).toBeGreaterThan(times);
  });

  test('for new URLs alone goes on as it is', async () => {
    const { library, source } = await opened();
    source.failure = new Error('no connection');
    library.renewFor('image-01000');
    await expect.poll(() => library.loading.value).toBe(false);
    expect(source.asked).toEqual([null, null]);
    expect(library.state.value).toBe('open');
    expect(library.find('image-01000')).toBeDefined();
  });
});

test('requests of a list that is given up are aborted, and what they bring is not shown', async () => {
  const source = new Thousand();
  const library = new Library(source, SIZES);
  const opening = library.open();
  library.close();
  await opening;
  expect(source.aborted).toEqual([null]);
  expect(library.state.value).toBe('opening');
  expect(library.known()).toEqual([]);
});

test('an image that has been uploaded comes first, and is shown as it is once it has changed', async () => {
  const { library } = await opened();
  library.take(listedImage(1001));
  library.take(listedImage(1001, { title: 'Harbour' }));
  expect(
    library
      .known()
      .slice(0, 2)
      .map(({ title, image_id }) => [image_id, title]),
  ).toEqual([
    ['image-01001', 'Harbour'],
    ['image-01000', null],
  ]);
});
