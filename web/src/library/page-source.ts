import type { ImageSummary, TintypeClient } from '@tintype/client';
import { intervalOf } from '../filters/date-range.ts';
import { type GalleryState, type Order, orderOf } from '../filters/url-state.ts';
import type { Bound } from './blocks.ts';

export interface FetchedBlock {
  readonly items: readonly ImageSummary[];
  /** The key of what follows; null: nothing does. */
  readonly next: string | null;
}

/** Where a list comes from, a stretch at a time. */
export interface PageSource {
  readonly order: Order;
  /**
   * Fetches what begins at a key. With a bound, up to it, whatever has come or gone meanwhile; without, as much as
   * makes a block. Rejects with what the client rejects with.
   */
  fetch(cursor: string | null, bound: Bound | null, signal: AbortSignal): Promise<FetchedBlock>;
  /** Whether an image belongs into the list; undefined: only the service can tell. */
  has(image: ImageSummary): boolean | undefined;
}

type Page = Awaited<ReturnType<TintypeClient['listPage']>>;
type Query = Omit<Parameters<TintypeClient['listPage']>[0], 'last_evaluated_key' | 'limit' | 'signal'>;

/** The first page is short, so that there is something to see sooner. */
const FIRST_PAGE = 80;
const PAGE = 200;

/** Pages can be short; so few images do not make a block, unless it took this many pages to find them. */
const LEAST_OF_BLOCK = 60;
const MOST_PAGES = 20;

/** The list that a state of the gallery shows. */
export function pageSource(client: TintypeClient, user_id: string, state: GalleryState): PageSource {
  const order = orderOf(state);
  const lists = listsOf(user_id, state, order);
  return {
    order,
    async fetch(cursor, bound, signal) {
      const items: ImageSummary[] = [];
      let at = cursor;
      for (let pages = 1; ; pages++) {
        const limit = at === null ? FIRST_PAGE : PAGE;
        const page = await fetchPage(client, lists, at, limit, signal);
        items.push(...page.items);
        at = page.last_evaluated_key;
        if (bound) {
          const end = endAt(items, bound, order);
          if (end !== undefined || at === null) return { items: items.slice(0, end), next: at };
        } else if (at === null || items.length >= LEAST_OF_BLOCK || pages >= MOST_PAGES) {
          return { items, next: at };
        }
      }
    },
    has: (image) => belongs(image, user_id, state),
  };
}

/** The queries whose answers, one after the other, are the list. */
function listsOf(user_id: string, state: GalleryState, order: Order): readonly Query[] {
  const date_range = intervalOf(state.range);
  const byTime = order === 'relevance' ? 'newest' : order;
  const usual: Query = { user_id, order: byTime, ...(date_range ? { date_range } : {}) };
  switch (state.view) {
    case 'processing':
      return [
        { ...usual, status: 'scanning' },
        { ...usual, status: 'pending' },
      ];
    case 'rejected':
      return [{ ...usual, status: 'rejected' }];
    case 'trash':
      return [{ ...usual, deleted: true }];
    case 'photos': {
      const q = state.q.trim();
      return [
        {
          ...usual,
          ...(state.tags.length > 0 ? { tag: [...state.tags] } : {}),
          ...(q === '' ? {} : { q, order }),
        },
      ];
    }
  }
}

/** A page of one of the lists. Our keys say which list it is, before the service's own. */
async function fetchPage(
  client: TintypeClient,
  lists: readonly Query[],
  cursor: string | null,
  limit: number,
  signal: AbortSignal,
): Promise<Pick<Page, 'items' | 'last_evaluated_key'>> {
  const [, number = '0', key = ''] = /^(\d+):(.*)$/.exec(cursor ?? '') ?? [];
  const list = Number(number);
  const query = lists[list];
  if (!query) return { items: [], last_evaluated_key: null };
  const page = await client.listPage({
    ...query,
    limit,
    signal,
    ...(key === '' ? {} : { last_evaluated_key: key }),
  });
  const following = list + 1 < lists.length ? `${list + 1}:` : null;
  const next = page.last_evaluated_key === null ? following : `${list}:${page.last_evaluated_key}`;
  return { items: page.items, last_evaluated_key: next };
}

/** How many of the items lie up to the bound; undefined: it has not been reached. */
export function endAt(items: readonly ImageSummary[], bound: Bound, order: Order): number | undefined {
  const exact = items.findIndex(({ image_id }) => image_id === bound.image_id);
  if (exact >= 0) return exact + 1;
  if (order === 'relevance') return items.length >= bound.count ? bound.count : undefined;
  const beyond = items.findIndex((item) => comesBefore(bound, item, order));
  return beyond >= 0 ? beyond : undefined;
}

type Timed = Pick<ImageSummary, 'upload_time' | 'image_id'>;

/** Whether one image comes before another in the order of their upload. */
export function comesBefore(one: Timed, other: Timed, order: Order): boolean {
  const before =
    one.upload_time === other.upload_time
      ? one.image_id < other.image_id
      : one.upload_time < other.upload_time;
  return order === 'oldest' ? before : !before && one.image_id !== other.image_id;
}

function belongs(image: ImageSummary, user_id: string, state: GalleryState): boolean | undefined {
  if (image.user_id !== user_id) return false;
  const deleted = image.deleted_at !== null;
  if (state.view === 'trash') return deleted;
  if (deleted) return false;
  if (state.view === 'rejected') return image.status === 'rejected';
  if (state.view === 'processing') return image.status === 'scanning' || image.status === 'pending';
  if (image.status !== 'ready' || !state.tags.every((tag) => image.tags.includes(tag))) return false;
  const [start = '..', end = '..'] = intervalOf(state.range)?.split('/') ?? [];
  if (start !== '..' && image.upload_time < start) return false;
  if (end !== '..' && image.upload_time > end) return false;
  return state.q.trim() === '' ? true : undefined;
}
