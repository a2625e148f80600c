import type { ListFilter, ListOrder } from '../../../domain/listing.ts';
import { SEARCHED_FIELDS, type SearchRank, type SearchTerms } from '../../../domain/search.ts';
import type { Query } from './list-query.ts';
import { IMAGE_BITS, LATEST_TIME } from './search-table.ts';

/** What images are asked for by beside their texts, as the database numbers it. */
export interface SearchScope {
  readonly user: number | undefined;
  readonly tags: readonly number[];
  readonly status?: ListFilter['status'];
}

/** Milliseconds since 1970, from `from` to just before `before`. */
export interface Span {
  readonly from: number;
  readonly before: number;
}

const LAST_RANK = 3;

/**
 * What SQLite is asked to find, in its own language: terms are quoted, and made of nothing but letters and digits.
 * @param rank only what is of this rank; undefined: whatever its rank.
 * https://www.sqlite.org/fts5.html#full_text_query_syntax
 */
export function matchExpression(terms: SearchTerms, scope: SearchScope, rank?: SearchRank): string {
  const within = [
    ...(scope.user === undefined ? [] : [`u${scope.user}`]),
    ...scope.tags.map((tag) => `t${tag}`),
    ...(scope.status === undefined ? [] : [scope.status]),
  ].map((word) => `scope : "${word}"`);
  const wanted = [inFields(terms, rank ?? LAST_RANK), ...within].join(' AND ');
  const unwanted = [
    ...(scope.status === undefined ? ['scope : "hidden"'] : []),
    ...(rank === undefined || rank === 0 ? [] : [inFields(terms, rank - 1)]),
  ];
  return unwanted.reduce((expression, without) => `(${expression}) NOT ${without}`, wanted);
}

/** All terms, between the fields up to the one at `last`. */
function inFields(terms: SearchTerms, last: number): string {
  const fields = SEARCHED_FIELDS.slice(0, last + 1).join(' ');
  const phrases = terms.map(({ words, isPrefix }) => `"${words.join(' ')}"${isPrefix ? ' *' : ''}`);
  return `({${fields}} : (${phrases.join(' AND ')}))`;
}

/** Up to `limit` images in the order of the milliseconds of their upload; within one in any. */
export function searchQuery(match: string, span: Span, order: ListOrder, limit: number): Query {
  const direction = order === 'newest' ? 'DESC' : 'ASC';
  return {
    sql: `SELECT s.rowid >> ${IMAGE_BITS} AS upload_time, i.image_id
      FROM search s CROSS JOIN images i ON i.image = s.image
      WHERE s.search MATCH ? AND s.rowid >= (? << ${IMAGE_BITS}) AND s.rowid < (? << ${IMAGE_BITS})
      ORDER BY s.rowid ${direction} LIMIT ?`,
    values: [match, within(span.from), within(span.before), limit],
  };
}

function within(time: number): number {
  return Math.min(Math.max(time, 0), LATEST_TIME);
}
