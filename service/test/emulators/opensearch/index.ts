import * as z from 'zod';
import { type Definition, type IndexedDocument, indexedDocument } from './mapping.ts';
import { matcherOf } from './query.ts';
import { invalid, Refusal } from './refusal.ts';

/** A document, or that it was deleted, and as which version. */
interface Stored {
  readonly version: bigint;
  readonly document: IndexedDocument | undefined;
}

export interface Outcome {
  readonly status: number;
  readonly result?: 'created' | 'updated' | 'deleted' | 'not_found';
  readonly error?: object;
}

const LONGEST_PAGE = 10_000;

const sortValue = z.union([z.string(), z.number()]);
const order = z.enum(['asc', 'desc']);
const searchRequest = z.strictObject({
  size: z.int().min(0).max(LONGEST_PAGE),
  track_total_hits: z.literal(false),
  _source: z.literal(false),
  query: z.unknown(),
  sort: z.array(
    z.union([
      z.strictObject({ _score: z.literal('desc') }),
      z.strictObject({ upload_time: order }),
      z.strictObject({ image_id: order }),
    ]),
  ),
  search_after: z.array(sortValue).optional(),
});

interface Hit {
  readonly id: string;
  readonly sort: readonly (string | number)[];
}

/** One index. What is written is found once it was refreshed, and no earlier. */
export class EmulatedIndex {
  readonly definition: Definition;
  readonly #stored = new Map<string, Stored>();
  #searched: readonly IndexedDocument[] = [];

  constructor(definition: Definition) {
    this.definition = definition;
  }

  /** @param document undefined to delete. Versions are external ones, and an equal one is taken: `external_gte`. */
  write(id: string, version: bigint, document: unknown): Outcome {
    const stored = this.#stored.get(id);
    if (stored && stored.version > version) {
      const reason = `[${id}]: version conflict, current version [${stored.version}] is higher than [${version}]`;
      return { status: 409, error: { type: 'version_conflict_engine_exception', reason } };
    }
    if (document === undefined) {
      this.#stored.set(id, { version, document: undefined });
      return stored?.document ? { status: 200, result: 'deleted' } : { status: 404, result: 'not_found' };
    }
    try {
      this.#stored.set(id, { version, document: indexedDocument(this.definition, id, document) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.status, error: { type: error.type, reason: error.message } };
    }
    return stored?.document ? { status: 200, result: 'updated' } : { status: 201, result: 'created' };
  }

  /** Has forgotten what was deleted, as after `index.gc_deletes`. */
  forgetDeletions(): void {
    for (const [id, { document }] of this.#stored) if (!document) this.#stored.delete(id);
  }

  refresh(): void {
    this.#searched = [...this.#stored.values()].flatMap(({ document }) => document ?? []);
  }

  /** What the index has, found or not. */
  ids(): string[] {
    return [...this.#stored].flatMap(([id, { document }]) => (document ? [id] : [])).sort();
  }

  search(body: unknown): { readonly hits: { readonly hits: readonly object[] } } {
    const result = searchRequest.safeParse(body);
    if (!result.success) throw invalid(result.error.message);
    const { size, query, sort, search_after: after } = result.data;
    const keys = sort.flatMap((each) => Object.entries(each)) as [string, 'asc' | 'desc'][];
    if (after && after.length !== keys.length) throw invalid('search_after has other values than sort');
    const matches = matcherOf(this.definition, query);
    const compare = comparison(keys.map(([, direction]) => direction));
    const found = this.#searched
      .flatMap((document): Hit[] => {
        const score = matches(document);
        return score === undefined ? [] : [{ id: document.id, sort: sortValues(document, score, keys) }];
      })
      .filter((hit) => !after || compare(hit.sort, after) > 0)
      .sort((a, b) => compare(a.sort, b.sort))
      .slice(0, size);
    return { hits: { hits: found.map((hit) => ({ _id: hit.id, sort: hit.sort })) } };
  }
}

function sortValues({ longs, keywords }: IndexedDocument, score: number, keys: readonly [string, string][]) {
  return keys.map(([name]) =>
    name === '_score' ? score : (longs.get(name) ?? keywords.get(name)?.[0] ?? ''),
  );
}

function comparison(directions: readonly ('asc' | 'desc')[]) {
  return (a: readonly (string | number)[], b: readonly (string | number)[]): number => {
    for (const [at, direction] of directions.entries()) {
      const [left = '', right = ''] = [a[at], b[at]];
      if (left !== right) return (left < right ? -1 : 1) * (direction === 'asc' ? 1 : -1);
    }
    return 0;
  };
}
