import { type Search, searchTermsOf } from '../../src/domain/search.ts';

/** A search for what somebody writes, among all images that are listed, but for what is said otherwise. */
export function searchFor(text: string, differing: Partial<Search> = {}): Search {
  return { terms: searchTermsOf(text), filter: { tags: [], uploaded: {} }, order: 'newest', ...differing };
}
