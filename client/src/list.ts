import type { ImageList, ImageSummary, paths } from './api-types.ts';
import { answered, type Connection } from './connection.ts';
import { retrying } from './retry.ts';

type Query = NonNullable<paths['/images']['get']['parameters']['query']>;

/** Which images, and in which order; filters combine. */
export interface ListFilters {
  readonly user_id?: string | undefined;
  /** Several: images that have all of them. */
  readonly tag?: string | readonly string[] | undefined;
  /** Uploaded within `START/END`: ISO 8601, either side may be `..`. */
  readonly date_range?: string | undefined;
  /** Words that title, description, tags and filename hold; `not_configured` where the service has no search. */
  readonly q?: string | undefined;
  /** `newest` unless given; `relevance` goes with `q`. */
  readonly order?: Query['order'] | undefined;
  /** Those of one user that are not `ready`. */
  readonly status?: Query['status'] | undefined;
  /** What lies in the trash of one user. */
  readonly deleted?: boolean | undefined;
  /** Most images of a page, 1 to 200. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ListPageFilters extends ListFilters {
  /** What the page before said, with the same filters. */
  readonly last_evaluated_key?: string | undefined;
}

/** One page; it may be short, even empty, and not be the last: `last_evaluated_key` is null there. */
export async function listPage({ api }: Connection, filters: ListPageFilters): Promise<ImageList> {
  const { signal, tag, limit, deleted, ...others } = filters;
  const query: { readonly [Name in keyof Query]: Query[Name] | undefined } = {
    ...others,
    tag: typeof tag === 'object' ? [...tag] : tag,
    limit: limit === undefined ? undefined : String(limit),
    deleted: deleted === undefined ? undefined : deleted ? 'true' : 'false',
  };
  const { data } = await answered(
    // What is undefined is not sent.
    api.GET('/images', { params: { query: query as Query }, ...(signal && { signal }) }),
  );
  return data;
}

/** All images that meet the filters, page by page as they are asked for; each that stays there once. */
export async function* list(
  connection: Connection,
  filters: ListFilters,
): AsyncGenerator<ImageSummary, undefined> {
  const retry = { wait: connection.wait, signal: filters.signal };
  let after: string | undefined;
  do {
    const last_evaluated_key = after;
    const page = await retrying(() => listPage(connection, { ...filters, last_evaluated_key }), retry);
    yield* page.items;
    after = page.last_evaluated_key ?? undefined;
  } while (after !== undefined);
}
