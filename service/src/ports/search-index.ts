import type { Search, SearchPosition } from '../domain/search.ts';

export interface SearchPage {
  /** Where images are that match, in the order asked for. */
  readonly hits: readonly SearchPosition[];
  /** After which the next page goes on, null on the last. A page may be short and not be the last. */
  readonly next: SearchPosition | null;
}

/**
 * Finds images by their texts. It may be behind the image index (on AWS by a second or so): an image may be found
 * that is gone or has changed meanwhile, so callers look each up before they show it.
 *
 * Failures of the engine are DomainErrors `unavailable` with the cause.
 */
export interface SearchIndex {
  /**
   * Up to `limit` images after `after`. Every image that is there and matches from the first page to the last is on
   * exactly one page, whatever happens to others meanwhile.
   */
  find(search: Search, limit: number, after: SearchPosition | null): Promise<SearchPage>;
}
