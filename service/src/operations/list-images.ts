import * as z from 'zod';
import { listedUserOf } from '../domain/access.ts';
import { type Caller, callerKey } from '../domain/caller.ts';
import { type DateRange, parseDateRange } from '../domain/date-range.ts';
import { invalidField } from '../domain/errors.ts';
import type { ImageSummary } from '../domain/image.ts';
import type { ListFilter } from '../domain/listing.ts';
import { decodePageToken, encodePageToken } from '../domain/page-token.ts';
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
  order: z.enum(['newest', 'oldest']).default('newest'),
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

/** One page of the images that are ready, in the order of their upload: of one user, or to those who may see them of all. */
export async function listImages(
  deps: Pick<Deps, 'index' | 'objects' | 'clock' | 'pageTokens' | 'urlExpiresSeconds'>,
  caller: Caller,
  input: ListImagesInput,
): Promise<ListImagesOutput> {
  const user_id = listedUserOf(caller, input.user_id);
  const status = sectionOf(input, user_id);
  const filter: ListFilter = {
    ...(user_id === undefined ? {} : { user_id }),
    tags: [...new Set(input.tag)].sort(),
    uploaded: input.date_range ?? {},
    order: input.order,
    ...(status === undefined ? {} : { status }),
  };
  const token = input.last_evaluated_key;
  const after =
    token === undefined ? null : decodePageToken(deps.pageTokens, token, filter, callerKey(caller));
  if (after === undefined) {
    throw invalidField('last_evaluated_key', 'must be what the page before said, with the same filters');
  }
  const { items, next } = await deps.index.list(filter, input.limit, after);
  return {
    items: await Promise.all(
      items.map(async (image) => ({ image, ...(await presentImage(deps, image, 'inline')) })),
    ),
    last_evaluated_key: next && encodePageToken(deps.pageTokens, next, filter, callerKey(caller)),
  };
}
