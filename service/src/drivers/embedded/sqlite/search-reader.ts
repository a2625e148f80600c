import type { DatabaseSync } from 'node:sqlite';
import type { ListOrder } from '../../../domain/listing.ts';
import { SEARCH_RANKS, type Search, type SearchPosition, type SearchRank } from '../../../domain/search.ts';
import type { SearchPage } from '../../../ports/search-index.ts';
import { idFromBytes, isoTime } from './image-row.ts';
import { matchExpression, type SearchScope, type Span, searchQuery } from './search-query.ts';
import { LATEST_TIME } from './search-table.ts';
import { Statements } from './statements.ts';

/** Where the images of one millisecond end. */
const NO_LIMIT = -1;

interface Place {
  readonly upload_time: string;
  readonly image_id: string;
}

/** Searches one database, on whatever thread it is. */
export class SearchReader {
  readonly #statements: Statements;

  constructor(database: DatabaseSync) {
    this.#statements = new Statements(database);
  }

  find({ terms, filter, order }: Search, limit: number, after: SearchPosition | null): SearchPage {
    const scope = this.#scopeOf(filter);
    if (!scope) return { hits: [], next: null };
    const found: SearchPosition[] = [];
    const collect = (rank: SearchRank, match: string) => {
      const from = after?.rank === rank ? after : null;
      const walk = {
        match,
        order: order === 'oldest' ? order : 'newest',
        ...spanOf(filter.uploaded),
      } as const;
      const places = this.#walk(walk, from, limit + 1 - found.length);
      found.push(...places.map((place) => ({ ...place, rank })));
    };
    if (order !== 'relevance') collect(0, matchExpression(terms, scope));
    else {
      for (const rank of SEARCH_RANKS.slice(after?.rank ?? 0)) {
        if (found.length <= limit) collect(rank, matchExpression(terms, scope, rank));
      }
    }
    const hits = found.slice(0, limit);
    return { hits, next: found.length > limit ? (hits.at(-1) ?? null) : null };
  }

  /** Undefined where a user or tag has never been seen: then nothing matches. */
  #scopeOf({ user_id, tags, status }: Search['filter']): SearchScope | undefined {
    const number = (sql: string, name: string) => this.#statements.get(sql).get(name)?.['n'];
    const user =
      user_id === undefined ? undefined : number('SELECT user AS n FROM users WHERE user_id = ?', user_id);
    const numbers = tags.map((tag) => number('SELECT tag AS n FROM tags WHERE name = ?', tag));
    if ((user_id !== undefined && user === undefined) || numbers.includes(undefined)) return undefined;
    return { user: user === undefined ? undefined : Number(user), tags: numbers.map(Number), status };
  }

  /**
   * Up to `count` places beyond `after`. Rows are in the order of milliseconds; those of one are few, and are read
   * whole where a page begins or ends among them, and put in the order of their ids.
   */
  #walk(walk: Walk, after: Place | null, count: number): Place[] {
    const direction = walk.order === 'oldest' ? 1 : -1;
    const found: Place[] = [];
    let span: Span = walk;
    if (after) {
      const at = Date.parse(after.upload_time);
      const group = this.#read(walk, { from: at, before: at + 1 }, NO_LIMIT);
      found.push(...group.filter((place) => compare(place, after) * direction > 0));
      span = walk.order === 'oldest' ? { ...walk, from: at + 1 } : { ...walk, before: at };
    }
    const rows = this.#read(walk, span, count);
    const last = rows.length === count ? rows.at(-1)?.upload_time : undefined;
    found.push(...rows.filter(({ upload_time }) => upload_time !== last));
    if (last !== undefined) {
      const at = Date.parse(last);
      found.push(...this.#read(walk, { from: at, before: at + 1 }, NO_LIMIT));
    }
    return found.sort((a, b) => compare(a, b) * direction).slice(0, count);
  }

  #read({ match, order }: Walk, span: Span, limit: number): Place[] {
    const { sql, values } = searchQuery(match, span, order, limit);
    const rows = this.#statements.get(sql).all(...values) as { upload_time: number; image_id: Uint8Array }[];
    return rows.map(({ upload_time, image_id }) => ({
      upload_time: isoTime(upload_time),
      image_id: idFromBytes(image_id),
    }));
  }
}

/** What is walked, and over which span of time. */
interface Walk extends Span {
  readonly match: string;
  readonly order: ListOrder;
}

function spanOf({ from = 0, before = LATEST_TIME }: Search['filter']['uploaded']): Span {
  return { from, before };
}

function compare(a: Place, b: Place): number {
  const [left, right] = [`${a.upload_time} ${a.image_id}`, `${b.upload_time} ${b.image_id}`];
  return left < right ? -1 : Number(left > right);
}
