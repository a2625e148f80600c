import type { ImageRecord } from './image.ts';
import type { ListFilter, ListOrder, ListPosition } from './listing.ts';
import { wordsOf } from './search-words.ts';

/** Words that must follow each other in one text. */
export interface SearchTerm {
  readonly words: readonly string[];
  /** Whether the last of them may go on: it has not been written to its end yet. */
  readonly isPrefix: boolean;
}

/** What is asked for: all terms must be found, each in any of an image's texts. */
export type SearchTerms = readonly SearchTerm[];

/**
 * What people write into a search box, as terms. `"two words"` in quotes must follow each other, and are not a
 * prefix; the last of the others is one. Nothing else has a meaning: no engine's own language comes in from outside.
 */
export function searchTermsOf(text: string): SearchTerms {
  const pieces = [...text.matchAll(/"([^"]*)"|([^\s"]+)/g)];
  const terms = pieces.map(([, quoted, bare]) => ({
    words: wordsOf(quoted ?? bare ?? ''),
    isBare: quoted === undefined,
  }));
  const said = terms.filter(({ words }) => words.length > 0);
  return said.map(({ words, isBare }, at) => ({ words, isPrefix: isBare && at === said.length - 1 }));
}

/** The texts of an image that are searched, in the order in which what is found in them is ranked. */
export const SEARCHED_FIELDS = ['title', 'tags', 'filename', 'description'] as const;

export type SearchedField = (typeof SEARCHED_FIELDS)[number];

/** The texts of one image, each as words with a space between them; tags apart, so that no term spans two. */
export function searchedTexts(record: Pick<ImageRecord, SearchedField>): {
  readonly [Field in SearchedField]: readonly string[];
} {
  const { title, tags, filename, description } = record;
  const words = (text: string | null) => wordsOf(text ?? '').join(' ');
  return {
    title: [words(title)],
    tags: tags.map(words),
    filename: [words(filename)],
    description: [words(description)],
  };
}

/** Whether an image is found by other searches, or in another place, than it was. Its user never changes. */
export function isFoundOtherwise(previous: ImageRecord, next: ImageRecord): boolean {
  const foundBy = ({ title, tags, filename, description, status, deleted_at, upload_time }: ImageRecord) =>
    JSON.stringify([title, tags, filename, description, status, deleted_at === null, upload_time]);
  return foundBy(previous) !== foundBy(next);
}

/**
 * How well an image answers, 0 the best: the least n for which the first n + 1 of the searched fields have all
 * terms between them. It depends on the image and the query alone, never on what else is stored: so ranked pages
 * neither skip nor repeat, whatever is uploaded meanwhile, and both homes rank alike.
 */
export type SearchRank = 0 | 1 | 2 | 3;

export const SEARCH_RANKS: readonly SearchRank[] = [0, 1, 2, 3];

/** By time as in listings; or by rank, and of the same rank the newest first. */
export type SearchOrder = ListOrder | 'relevance';

/** A place in the order of what was found. By time all are of rank 0. */
export interface SearchPosition extends ListPosition {
  readonly rank: SearchRank;
}

/** Which images are looked for; all of it must be met. */
export interface Search {
  readonly terms: SearchTerms;
  readonly filter: Omit<ListFilter, 'order'>;
  readonly order: SearchOrder;
}
