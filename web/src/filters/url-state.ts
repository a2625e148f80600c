import { DAY, type DayRange } from './date-range.ts';

/** Which of the user's images are shown. */
export const VIEWS = ['photos', 'processing', 'rejected', 'trash'] as const;

export type View = (typeof VIEWS)[number];

export const ORDERS = ['newest', 'oldest', 'relevance'] as const;

export type Order = (typeof ORDERS)[number];

/** What the gallery shows, as its address says it: whoever opens the address sees the same. */
export interface GalleryState {
  readonly view: View;
  /** What is searched for; empty: nothing. */
  readonly q: string;
  /** All of them must match. Sorted, each once. */
  readonly tags: readonly string[];
  readonly range: DayRange;
  /** Null: the usual one, which is by relevance where something is searched for, and newest first elsewhere. */
  readonly order: Order | null;
  /** The image that is open in the viewer. */
  readonly image: string | null;
}

export const START: GalleryState = {
  view: 'photos',
  q: '',
  tags: [],
  range: { from: null, to: null },
  order: null,
  image: null,
};

/** Reads an address's query; what cannot be understood counts as not said. */
export function parseState(search: string): GalleryState {
  const query = new URLSearchParams(search);
  const day = (name: string) => {
    const text = query.get(name) ?? '';
    return DAY.test(text) ? text : null;
  };
  return {
    view: VIEWS.find((view) => view === query.get('view')) ?? 'photos',
    q: query.get('q') ?? '',
    tags: withTags(query.getAll('tag')),
    range: { from: day('from'), to: day('to') },
    order: ORDERS.find((order) => order === query.get('order')) ?? null,
    image: query.get('image'),
  };
}

/** The address of a state, relative to the gallery's: `?...`, or `./` where there is nothing to say. */
export function formatState(state: GalleryState): string {
  const query = new URLSearchParams();
  if (state.view !== 'photos') query.set('view', state.view);
  if (state.q !== '') query.set('q', state.q);
  for (const tag of state.tags) query.append('tag', tag);
  if (state.range.from) query.set('from', state.range.from);
  if (state.range.to) query.set('to', state.range.to);
  if (state.order) query.set('order', state.order);
  if (state.image) query.set('image', state.image);
  const text = query.toString();
  return text === '' ? './' : `?${text}`;
}

/** Tags as the service keeps them, sorted, each once. */
export function withTags(tags: readonly string[]): readonly string[] {
  const kept = tags.map((tag) => tag.trim().normalize('NFC').toLowerCase()).filter((tag) => tag !== '');
  return [...new Set(kept)].sort();
}

/** The order that images come in. */
export function orderOf({ order, q }: GalleryState): Order {
  if (q.trim() === '') return order === 'oldest' ? 'oldest' : 'newest';
  return order ?? 'relevance';
}

/** Whether something keeps images of the view from being shown. */
export function isFiltered({ q, tags, range }: GalleryState): boolean {
  return q.trim() !== '' || tags.length > 0 || range.from !== null || range.to !== null;
}

/** Whether two states show the same list; which image is open does not matter. */
export function isSameList(one: GalleryState, other: GalleryState): boolean {
  const list = (state: GalleryState) =>
    formatState({ ...state, q: state.q.trim(), order: orderOf(state), image: null });
  return list(one) === list(other);
}
