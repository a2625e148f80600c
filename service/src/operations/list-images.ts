import * as z from 'zod';
import { listedUserOf } from '../domain/access.ts';
import { type Caller, callerKey } from '../domain/caller.ts';
import { type DateRange, parseDateRange } from '../domain/date-range.ts';
import { DomainError, invalidField } from '../domain/errors.ts';
import type { ImageSummary } from '../domain/image.ts';
import { isListed, type ListFilter, type ListOrder } from '../domain/listing.ts';
import {
  decodePageToken,
  decodeSearchToken,
  encodePageToken,
  encodeSearchToken,
} from '../domain/page-token.ts';
import type { Search } from '../domain/search.ts';
import { searchText } from '../domain/search-text.ts';
import { MAX_TAGS, tagText } from '../domain/tag.ts';
import { userIdText } from '../domain/text.ts';
import type { Deps } from './deps.ts';
import { type ImageView, presentImage } from './steps/present-image.ts';

const uploadedWithin = z
  .string()
  .transform((text, context): DateRange => {
    const range = parseDateRange(text);
    if (range) return range;
    context.addIssue({
      code: 'custom',
      message: 'must be START/END, each an ISO 8601 date or instant with offset, or `..`, START before END',
    });
    return z.NEVER;
  })
  .meta({
    description:
      'Uploaded within START/END, both included (ISO 8601; either side may be `..`; a date as END means that whole day).',
    example: '2026-01-01/2026-01-31',
  });

/** The filters and paging of a listing, as a query string carries them. */
export const listImagesQuery = z.strictObject({
  user_id: userIdText.optional(),
  tag: z
    .union([
      z.array(tagText).max(MAX_TAGS, `must be at most ${MAX_TAGS} tags`),
      tagText.transform((tag) => [tag]),
    ])
    .default([])
    .meta({ description: 'Repeat it for images that have all of these tags.' }),
  date_range: uploadedWithin.optional(),
  q: searchText.optional().meta({
    description:
      'Words that must all be in title, tags, filename or description; the last may be the beginning of one, and ' +
      '`"words in quotes"` must follow each other. Case and diacritics do not count. Where search is not switched on, ' +
      'this is 501 `not_configured`.',
    example: 'osprey du',
  }),
  order: z
    .enum(['newest', 'oldest', 'relevance'])
    .default('newest')
    .meta({
      description:
        'By time of upload. `relevance`, with `q` alone: first what has all words in its title, then in title and tags, ' +
        'then with the filename as well, then anywhere; of each the newest first.',
    }),
  status: z
    .enum(['pending', 'scanning', 'rejected'])
    .optional()
    .meta({ description: 'Images of one user that are not `ready`; with `user_id`, and without `tag`.' }),
  deleted: z.enum(['true', 'false']).default('false').meta({
    description: 'With `true`, what lies in the trash of one user; with `user_id`, and without `tag`.',
  }),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a number from 1 to 200')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 200, 'must be a number from 1 to 200')
    .default(50)
    .meta({ description: 'Most items of a page, 1 to 200.', example: '50' }),
  last_evaluated_key: z
    .string()
    .max(512)
    .optional()
    .meta({ description: 'Where the page before ended: as that page said, with the same filters.' }),
});

export type ListImagesInput = z.output<typeof listImagesQuery>;

export interface ListImagesOutput {
  readonly items: readonly (ImageView & { readonly image: ImageSummary })[];
  /** Null on the last page; a page may be short or empty and not be the last. */
  readonly last_evaluated_key: string | null;
}

/** Which of a user's lists that are apart from the others is asked for. */
function sectionOf(
  { tag, status, deleted }: ListImagesInput,
  user_id: string | undefined,
): ListFilter['status'] {
  const named = deleted === 'true' ? 'deleted' : status === undefined ? undefined : 'status';
  if (named === undefined) return undefined;
  if (user_id === undefined) throw invalidField('user_id', `is needed with \`${named}\``);
  if (tag.length > 0) throw invalidField('tag', `cannot be combined with \`${named}\``);
  if (deleted !== 'true') return status;
  if (status !== undefined) throw invalidField('status', 'cannot be combined with `deleted`');
  return 'deleted';
}

/** One page of the images that meet the filters: of one user, or to those who may see them of all. */
export async function listImages(
  deps: Pick<Deps, 'index' | 'search' | 'objects' | 'clock' | 'pageTokens' | 'urlExpiresSeconds'>,
  caller: Caller,
  input: ListImagesInput,
): Promise<ListImagesOutput> {
  const user_id = listedUserOf(caller, input.user_id);
  const status = sectionOf(input, user_id);
  const filter = {
    ...(user_id === undefined ? {} : { user_id }),
    tags: [...new Set(input.tag)].sort(),
    uploaded: input.date_range ?? {},
    ...(status === undefined ? {} : { status }),
  };
  const { q: terms, order, limit, last_evaluated_key: token } = input;
  const { items, next } =
    terms === undefined
      ? await pageInOrder(deps, caller, { ...filter, order: orderWithoutSearch(order) }, limit, token)
      : await pageOfSearch(deps, caller, { terms, filter, order }, limit, token);
  return {
    items: await Promise.all(
      items.map(async (image) => ({ image, ...(await presentImage(deps, image, 'inline')) })),
    ),
    last_evaluated_key: next,
  };
}

function orderWithoutSearch(order: ListImagesInput['order']): ListOrder {
  if (order === 'relevance') throw invalidField('order', 'can be `relevance` only with `q`');
  return order;
}

interface Page {
  readonly items: readonly ImageSummary[];
  /** The key of the page after it. */
  readonly next: string | null;
}

async function pageInOrder(
  { index, pageTokens }: Pick<Deps, 'index' | 'pageTokens'>,
  caller: Caller,
  filter: ListFilter,
  limit: number,
  token: string | undefined,
): Promise<Page> {
  const after = token === undefined ? null : decodePageToken(pageTokens, token, filter, callerKey(caller));
  if (after === undefined) throw foreignToken();
  const { items, next } = await index.list(filter, limit, after);
  return { items, next: next && encodePageToken(pageTokens, next, filter, callerKey(caller)) };
}

/** Shows of what was found what is there now, and still meets the filters: what finds may be behind what is stored. */
async function pageOfSearch(
  { index, search: engine, pageTokens }: Pick<Deps, 'index' | 'search' | 'pageTokens'>,
  caller: Caller,
  search: Search,
  limit: number,
  token: string | undefined,
): Promise<Page> {
  if (!engine) throw searchIsOff();
  const after = token === undefined ? null : decodeSearchToken(pageTokens, token, search, callerKey(caller));
  if (after === undefined) throw foreignToken();
  const { hits, next } = await engine.find(search, limit, after);
  const found = await index.getSummaries(hits.map(({ image_id }) => image_id));
  return {
    items: found.filter((image) => isListed(image, search.filter)),
    next: next && encodeSearchToken(pageTokens, next, search, callerKey(caller)),
  };
}

function searchIsOff(): DomainError {
  return new DomainError(
    'not_configured',
    'Search is switched off here: the operator sets OPENSEARCH_URL. List without `q`.',
  );
}

function foreignToken(): DomainError {
  return invalidField('last_evaluated_key', 'must be what the page before said, with the same filters');
}
