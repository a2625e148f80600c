import * as z from 'zod';
import { unavailable } from '../../domain/errors.ts';
import { type ImageId, isImageId } from '../../domain/image-id.ts';
import type { RebuiltSearch, RefusedEntry, SearchEntry } from '../../ports/search-writer.ts';
import { OpenSearchError } from './opensearch-client.ts';
import type { OpenSearchOptions } from './opensearch-search-index.ts';
import {
  documentOf,
  documentVersion,
  GONE_VERSION,
  INDEX_DEFINITION,
  searchIndexBehind,
} from './search-document.ts';

/** Documents of one request: of the longest texts some 20 KB each. */
const BATCH = 200;

/** Ids of one page of a walk. */
const PAGE = 500;

const item = z.object({ _id: z.string(), status: z.int(), error: z.unknown().optional() });
const bulkAnswer = z.object({
  items: z.array(z.union([z.object({ index: item }), z.object({ delete: item })])),
});
const walkAnswer = z.object({
  hits: z.object({ hits: z.array(z.object({ sort: z.tuple([z.string().refine(isImageId)]) })) }),
});

/**
 * Writes to an alias of an index, with external versions: https://docs.opensearch.org/latest/api-reference/document-apis/index-document/
 * A deletion is remembered for a minute (`index.gc_deletes`). What an older state says may come back after that, and
 * is a ghost until the index is made anew: nobody sees it, since what is found is looked up before it is shown.
 */
export class OpenSearchWriter implements RebuiltSearch {
  readonly #options: OpenSearchOptions;

  constructor(options: OpenSearchOptions) {
    this.#options = options;
  }

  async write(entries: readonly SearchEntry[]): Promise<readonly RefusedEntry[]> {
    const refused: RefusedEntry[] = [];
    try {
      for (let at = 0; at < entries.length; at += BATCH) {
        refused.push(...(await this.#writeBatch(entries.slice(at, at + BATCH))));
      }
    } catch (error) {
      throw searchFailure(error);
    }
    return refused;
  }

  async prepare(): Promise<boolean> {
    const { client, index } = this.#options;
    const body = JSON.stringify({ ...INDEX_DEFINITION, aliases: { [index]: {} } });
    try {
      await client.send({ method: 'PUT', path: `/${searchIndexBehind(index)}`, body });
      return true;
    } catch (error) {
      if (isOf(error, 'resource_already_exists_exception')) return false;
      throw searchFailure(error);
    }
  }

  async *walk(): AsyncGenerator<readonly ImageId[]> {
    const { client, index } = this.#options;
    try {
      // What was written before is met.
      await client.send({ method: 'POST', path: `/${index}/_refresh` });
      let last: string | undefined;
      do {
        const body = {
          size: PAGE,
          track_total_hits: false,
          _source: false,
          query: { match_all: {} },
          sort: [{ image_id: 'asc' }],
          ...(last === undefined ? {} : { search_after: [last] }),
        };
        const found = await client.send({
          method: 'POST',
          path: `/${index}/_search`,
          query: { allow_partial_search_results: 'false' },
          body: JSON.stringify(body),
        });
        const ids = walkAnswer.parse(found).hits.hits.map(({ sort: [id] }) => id);
        if (ids.length > 0) yield ids;
        last = ids.length === PAGE ? ids.at(-1) : undefined;
      } while (last !== undefined);
    } catch (error) {
      throw searchFailure(error);
    }
  }

  /** An index that is not there is made: never by the engine itself, which would guess at its fields. */
  async #writeBatch(entries: readonly SearchEntry[]): Promise<readonly RefusedEntry[]> {
    try {
      const refused = await this.#send(entries);
      if (!refused.some(({ cause }) => isAbsent(cause))) return refused;
    } catch (error) {
      if (!isOf(error, 'index_not_found_exception')) throw error;
    }
    await this.prepare();
    return this.#send(entries);
  }

  async #send(entries: readonly SearchEntry[]): Promise<readonly RefusedEntry[]> {
    const { client, index } = this.#options;
    const answer = await client.send({
      method: 'POST',
      path: `/${index}/_bulk`,
      query: { require_alias: 'true' },
      type: 'application/x-ndjson',
      body: entries.map(linesOf).join(''),
    });
    const items = bulkAnswer.parse(answer).items.flatMap((each) => Object.values(each));
    if (items.length !== entries.length)
      throw new Error('OpenSearch has answered for others than it was sent.');
    return items
      .filter((each) => !isDone(each))
      .map(({ _id, status, error }) => ({ image_id: _id, cause: { status, error } }));
  }
}

/** https://docs.opensearch.org/latest/api-reference/document-apis/bulk/ ; by hand, since versions are no numbers of JavaScript's. */
function linesOf({ image_id, record }: SearchEntry): string {
  const version = record ? documentVersion(record) : GONE_VERSION;
  const action = `{"${record ? 'index' : 'delete'}":{"_id":${JSON.stringify(image_id)},"version":${version},"version_type":"external_gte"}}`;
  return record ? `${action}\n${JSON.stringify(documentOf(record))}\n` : `${action}\n`;
}

const CONFLICT = 409;
const NOT_FOUND = 404;

/** What is newer stays, and what is not there need not be removed. */
function isDone({ status, error }: z.output<typeof item>): boolean {
  return status < 300 || status === CONFLICT || (status === NOT_FOUND && error === undefined);
}

function isAbsent(cause: unknown): boolean {
  const { error } = cause as { error?: { type?: string } };
  return error?.type === 'index_not_found_exception';
}

function isOf(error: unknown, type: string): boolean {
  return error instanceof OpenSearchError && error.type === type;
}

function searchFailure(error: unknown) {
  return unavailable('The search index cannot do this now.', error);
}
