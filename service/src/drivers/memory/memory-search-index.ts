import type { ImageRecord } from '../../domain/image.ts';
import { isListed } from '../../domain/listing.ts';
import {
  SEARCH_RANKS,
  SEARCHED_FIELDS,
  type SearchPosition,
  type SearchRank,
  type SearchTerm,
  type SearchTerms,
  searchedTexts,
} from '../../domain/search.ts';
import type { ImageWalk } from '../../ports/image-walk.ts';
import type { SearchIndex } from '../../ports/search-index.ts';

/** Looks through all records of an index, for tests: the port's promises in their plainest form. */
export function createMemorySearchIndex(images: Pick<ImageWalk, 'walk'>): SearchIndex {
  return {
    async find({ terms, filter, order }, limit, after) {
      const found: SearchPosition[] = [];
      for await (const record of images.walk()) {
        const rank = rankOf(record, terms);
        if (rank === undefined || !isListed(record, filter)) continue;
        const { upload_time, image_id } = record;
        found.push({ upload_time, image_id, rank: order === 'relevance' ? rank : 0 });
      }
      const direction = order === 'oldest' ? 1 : -1;
      const compare = (a: SearchPosition, b: SearchPosition) =>
        a.rank - b.rank ||
        (placeOf(a) < placeOf(b) ? -direction : Number(placeOf(a) > placeOf(b)) * direction);
      const rest = found.sort(compare).filter((hit) => !after || compare(hit, after) > 0);
      const hits = rest.slice(0, limit);
      return { hits, next: rest.length > limit ? (hits.at(-1) ?? null) : null };
    },
  };
}

function placeOf({ upload_time, image_id }: SearchPosition): string {
  return `${upload_time} ${image_id}`;
}

function rankOf(record: ImageRecord, terms: SearchTerms): SearchRank | undefined {
  const texts = searchedTexts(record);
  return SEARCH_RANKS.find((rank) => {
    const read = SEARCHED_FIELDS.slice(0, rank + 1).flatMap((field) => texts[field]);
    return terms.every((term) => read.some((text) => isIn(text, term)));
  });
}

function isIn(text: string, { words, isPrefix }: SearchTerm): boolean {
  const sought = ` ${words.join(' ')}${isPrefix ? '' : ' '}`;
  return ` ${text} `.includes(sought);
}
