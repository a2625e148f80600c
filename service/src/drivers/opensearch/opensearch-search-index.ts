import * as z from 'zod';
import { unavailable } from '../../domain/errors.ts';
import type { Search, SearchPosition } from '../../domain/search.ts';
import type { SearchIndex, SearchPage } from '../../ports/search-index.ts';
import { type OpenSearchClient, OpenSearchError } from './opensearch-client.ts';
import { positionOf, searchBody } from './search-request.ts';

export interface OpenSearchOptions {
  readonly client: OpenSearchClient;
  /** The alias under which the index is searched and written to. */
  readonly index: string;
}

const answer = z.object({
  hits: z.object({ hits: z.array(z.object({ sort: z.array(z.union([z.string(), z.number()])) })) }),
});

/** Finds images in OpenSearch: what is shown of them is read from the records. */
export class OpenSearchIndex implements SearchIndex {
  readonly #options: OpenSearchOptions;

  constructor(options: OpenSearchOptions) {
    this.#options = options;
  }

  async find(search: Search, limit: number, after: SearchPosition | null): Promise<SearchPage> {
    const { client, index } = this.#options;
    try {
      const found = await client.send({
        method: 'POST',
        path: `/${index}/_search`,
        // What is found in a part of the shards alone would be a page with gaps.
        query: { allow_partial_search_results: 'false' },
        body: JSON.stringify(searchBody(search, limit, after)),
      });
      const all = answer.parse(found).hits.hits.map(({ sort }) => positionOf(sort, search.order));
      const hits = all.slice(0, limit);
      return { hits, next: all.length > limit ? (hits.at(-1) ?? null) : null };
    } catch (error) {
      throw unavailable('Search cannot do this now.', causeOf(error));
    }
  }
}

/**
 * An index that is not there has never been filled: to say that nothing is found would be wrong, and nobody would be
 * told.
 */
function causeOf(error: unknown): unknown {
  if (!(error instanceof OpenSearchError) || error.type !== 'index_not_found_exception') return error;
  return new Error('There is no search index: `tintype reindex` makes and fills it.', { cause: error });
}
