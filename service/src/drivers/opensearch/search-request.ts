import { isImageId } from '../../domain/image-id.ts';
import {
  SEARCH_RANKS,
  SEARCHED_FIELDS,
  type Search,
  type SearchedField,
  type SearchPosition,
  type SearchTerm,
  type SearchTerms,
} from '../../domain/search.ts';
import { EXACT_TAGS } from './search-document.ts';

/** A query in the engine's JSON: https://docs.opensearch.org/latest/query-dsl/ */
export type Query = { readonly [kind: string]: unknown };

/** The values that a hit was sorted by. */
export type SortValues = readonly (string | number)[];

/** The last of the ranks, which is what meets none of the conditions for a better one. */
const LAST_RANK = SEARCH_RANKS.length - 1;

/**
 * Asks for one more than `limit`, to know whether there is a next page. What was asked for goes in as words within
 * JSON, and never as a text that the engine would read in its own language.
 */
export function searchBody({ terms, filter, order }: Search, limit: number, after: SearchPosition | null) {
  const { user_id, tags, uploaded, status } = filter;
  const direction = order === 'oldest' ? 'asc' : 'desc';
  const byRank = order === 'relevance';
  const query = {
    bool: {
      filter: [
        allIn(SEARCHED_FIELDS, terms),
        is('state', status ?? 'ready'),
        ...(user_id === undefined ? [] : [is('user_id', user_id)]),
        ...tags.map((tag) => is(EXACT_TAGS, tag)),
        ...withinTime(uploaded),
      ],
      ...(byRank ? { should: betterRanks(terms), minimum_should_match: 0 } : {}),
    },
  };
  return {
    size: limit + 1,
    track_total_hits: false,
    _source: false,
    query,
    sort: [...(byRank ? [{ _score: 'desc' }] : []), { upload_time: direction }, { image_id: direction }],
    ...(after ? { search_after: sortValuesOf(after, byRank) } : {}),
  };
}

/** One for each rank better than the last that an image has at least: so many fewer is its rank. */
function betterRanks(terms: SearchTerms): Query[] {
  return SEARCH_RANKS.slice(0, LAST_RANK).map((rank) => ({
    constant_score: { filter: allIn(SEARCHED_FIELDS.slice(0, rank + 1), terms), boost: 1 },
  }));
}

/** All terms, each in any of the fields. */
function allIn(fields: readonly SearchedField[], terms: SearchTerms): Query {
  return {
    bool: {
      filter: terms.map((term) => ({
        bool: { should: fields.map((field) => isIn(field, term)), minimum_should_match: 1 },
      })),
    },
  };
}

/**
 * By default a phrase that goes on is compared with 50 words, and what begins otherwise is not found. Beginnings of up
 * to 8 letters are in the index, and need none of this; longer ones have few words that go on from them, and all of
 * them are looked at.
 */
const ALL_THAT_GO_ON = 2 ** 31 - 1;

function isIn(field: SearchedField, { words, isPrefix }: SearchTerm): Query {
  const [only, ...more] = words;
  if (more.length === 0) return { [isPrefix ? 'prefix' : 'term']: { [field]: { value: only } } };
  const phrase = { query: words.join(' ') };
  return isPrefix
    ? { match_phrase_prefix: { [field]: { ...phrase, max_expansions: ALL_THAT_GO_ON } } }
    : { match_phrase: { [field]: phrase } };
}

function is(field: string, value: string): Query {
  return { term: { [field]: { value } } };
}

function withinTime({ from, before }: Search['filter']['uploaded']): Query[] {
  const ends = {
    ...(from === undefined || !Number.isFinite(from) ? {} : { gte: from }),
    ...(before === undefined || !Number.isFinite(before) ? {} : { lt: before }),
  };
  return Object.keys(ends).length === 0 ? [] : [{ range: { upload_time: ends } }];
}

function sortValuesOf({ rank, upload_time, image_id }: SearchPosition, byRank: boolean): SortValues {
  return [...(byRank ? [LAST_RANK - rank] : []), Date.parse(upload_time), image_id];
}

/** Where a hit is, by the values it was sorted by. @throws Error for what no such search answers. */
export function positionOf(sort: SortValues, order: Search['order']): SearchPosition {
  const [score, time, image_id] = order === 'relevance' ? sort : [LAST_RANK, ...sort];
  const rank = SEARCH_RANKS.find((known) => known === LAST_RANK - Number(score));
  if (
    rank === undefined ||
    typeof time !== 'number' ||
    typeof image_id !== 'string' ||
    !isImageId(image_id)
  ) {
    throw new Error('A hit of the search engine has no place.');
  }
  return { rank: order === 'relevance' ? rank : 0, upload_time: new Date(time).toISOString(), image_id };
}
