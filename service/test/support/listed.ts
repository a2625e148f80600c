import type { ImageSummary } from '../../src/domain/image.ts';
import type { ListFilter, ListPosition } from '../../src/domain/listing.ts';
import type { ImageIndex } from '../../src/ports/image-index.ts';

/** Every image that is listed at all, newest first. */
export const ALL: ListFilter = { tags: [], uploaded: {}, order: 'newest' };

/** More pages than any listing of a test can have. */
const TOO_MANY_PAGES = 10_000;

/** The pages of a listing, until there is no next one. */
export async function* pagesOf(
  index: ImageIndex,
  filter: ListFilter,
  limit: number,
  from: ListPosition | null = null,
): AsyncGenerator<readonly ImageSummary[]> {
  let after = from;
  for (let pages = 0; pages < TOO_MANY_PAGES; pages++) {
    const { items, next } = await index.list(filter, limit, after);
    if (items.length > limit) throw new Error(`A page of ${limit} has ${items.length} items.`);
    yield items;
    if (next === null) return;
    after = next;
  }
  throw new Error('The listing does not end.');
}

/** All that a listing holds, page by page. */
export async function listedImages(
  index: ImageIndex,
  filter: ListFilter,
  limit = 1000,
  from: ListPosition | null = null,
): Promise<ImageSummary[]> {
  const images: ImageSummary[] = [];
  for await (const page of pagesOf(index, filter, limit, from)) images.push(...page);
  return images;
}

/** The ids of all that a listing holds, page by page. */
export async function listed(index: ImageIndex, filter: ListFilter, limit = 1000): Promise<string[]> {
  return (await listedImages(index, filter, limit)).map(({ image_id }) => image_id);
}
