import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { newImageId } from '../service/src/domain/image-id.ts';
import type { ListFilter, ListPosition } from '../service/src/domain/listing.ts';
import { encodePageToken } from '../service/src/domain/page-token.ts';
import { createSigner } from '../service/src/domain/signing.ts';
import { type ManyImages, tagAt, userAt } from './many-images.ts';
import { seededRandom } from './seeded-random.ts';

/** What servers sign page keys with here, so that pages can be asked for at any depth without all those before. */
export const SIGNING_SECRET = 'what the benchmarks sign page keys with';

/** Pages that are asked for in turn, each of 50 images with another page behind it. */
const PAGES = 300;

/** Images that lie behind every page that is asked for, at least. */
const BEHIND = 60;

export const LISTED_BY = ['user', 'tag', 'user+tag', 'date', 'all'] as const;

export type ListedBy = (typeof LISTED_BY)[number];

/** Of whom and what: those that have many images also where there are 10,000 in all. */
const LISTS: { readonly [By in ListedBy]: readonly { readonly user?: number; readonly tag?: number }[] } = {
  user: [{ user: 0 }, { user: 1 }, { user: 2 }],
  tag: [{ tag: 0 }, { tag: 1 }, { tag: 2 }],
  'user+tag': [
    { user: 0, tag: 0 },
    { user: 1, tag: 0 },
    { user: 0, tag: 1 },
  ],
  date: [{}],
  all: [{}],
};

/** The same pages as Tintype and as `bench/bare/images.ts` are asked for them, spread over the whole depth of each list. */
export interface ListPaths {
  readonly ours: readonly string[];
  readonly byHand: readonly string[];
}

export function listPathsOf({ folder }: ManyImages, by: ListedBy): ListPaths {
  const database = new DatabaseSync(join(folder, 'index.db'), { readOnly: true });
  try {
    const random = seededRandom(5);
    const lists = LISTS[by].map((list) => ({ list, span: spanOf(database, list) }));
    const pages = Array.from({ length: PAGES }, (_, at) => {
      const { list, span } = lists[at % lists.length] ?? { list: {}, span: { from: 0, to: 0 } };
      const time = Math.floor(span.from + random() * (span.to - span.from));
      const after = { upload_time: new Date(time).toISOString(), image_id: newImageId(time) };
      return pathsOf(list, by === 'date' ? span.from - 1 : undefined, after);
    });
    return { ours: pages.map(({ ours }) => ours), byHand: pages.map(({ byHand }) => byHand) };
  } finally {
    database.close();
  }
}

/** From when to when a page may begin. */
function spanOf(database: DatabaseSync, { user, tag }: { readonly user?: number; readonly tag?: number }) {
  const [table, where] =
    tag !== undefined && user !== undefined
      ? ['user_tags', `tag = ${tag + 1} AND user = ${user + 1}`]
      : tag !== undefined
        ? ['image_tags', `tag = ${tag + 1}`]
        : [
            'images',
            `status = 'ready' AND deleted_at IS NULL${user === undefined ? '' : ` AND user = ${user + 1}`}`,
          ];
  const time = (order: string, place: number) => {
    const sql = `SELECT upload_time AS t FROM ${table} WHERE ${where} ORDER BY upload_time ${order} LIMIT 1 OFFSET ${place}`;
    const row = database.prepare(sql).get();
    if (!row) throw new Error(`There are too few images for a page: ${where}.`);
    return Number(row['t']);
  };
  return { from: time('ASC', BEHIND), to: time('DESC', 0) };
}

function pathsOf(
  { user, tag }: { readonly user?: number; readonly tag?: number },
  from: number | undefined,
  after: ListPosition,
) {
  const filter: ListFilter = {
    ...(user === undefined ? {} : { user_id: userAt(user) }),
    tags: tag === undefined ? [] : [tagAt(tag)],
    uploaded: from === undefined ? {} : { from },
    order: 'newest',
  };
  const token = encodePageToken(createSigner([SIGNING_SECRET], 'page-tokens'), after, filter, 'anonymous');
  const ours = new URLSearchParams({ last_evaluated_key: token });
  const byHand = new URLSearchParams({ after: `${after.upload_time} ${after.image_id}` });
  const also = (name: string, value: string, short = name) => {
    ours.set(name, value);
    byHand.set(short, value);
  };
  if (user !== undefined) also('user_id', userAt(user), 'user');
  if (tag !== undefined) also('tag', tagAt(tag));
  if (from !== undefined) {
    const instant = new Date(from).toISOString();
    ours.set('date_range', `${instant}/..`);
    byHand.set('from', instant);
  }
  const by =
    from === undefined ? [user === undefined ? '' : 'user', tag === undefined ? '' : 'tag'] : ['date'];
  byHand.set('by', by.filter((word) => word !== '').join('+') || 'all');
  return { ours: `/images?${ours}`, byHand: `/list?${byHand}` };
}
