import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Image, ImageSummary } from '@tintype/client';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { Deletions } from '../deletion/deletions.ts';
import { Navigation } from '../filters/navigation.ts';
import { type GalleryState, isSameList, START, type View } from '../filters/url-state.ts';
import { rowHeightFor } from '../grid/justified-layout.ts';
import { screenSource } from '../grid/picture.ts';
import { Arrivals } from '../library/arrivals.ts';
import { Library } from '../library/library.ts';
import { pageSource } from '../library/page-source.ts';
import { Notices } from '../notices/notices.ts';
import { Selection } from '../selection/selection.ts';
import type { Session } from '../session/session.ts';

/** Between pictures, in pixels: less on small screens. */
const gapFor = (width: number) => (width < 600 ? 3 : 6);

/** Everything that the parts of the page share: what is shown, and what can be done with it. */
export class Gallery {
  readonly session: Session;
  readonly navigation = new Navigation();
  readonly notices = new Notices();
  readonly selection = new Selection();
  readonly deletions: Deletions;
  readonly arrivals: Arrivals;
  /** The image that the keyboard is at in the grid. */
  readonly focused: Signal<string | null> = signal(null);
  /** The image that is to have the keyboard's focus as soon as the grid can give it. */
  readonly focusWanted: Signal<string | null> = signal(null);
  /** The images that somebody is asked about before they are deleted for good. */
  readonly confirming: Signal<readonly ImageSummary[] | null> = signal(null);
  /** Whether the viewer shows all that is known of its image. */
  readonly showsDetails = signal(false);
  readonly isOnline = signal(navigator.onLine);
  readonly #library: Signal<Library>;
  /** The list that is shown next, as soon as its beginning is there. */
  readonly #next: Signal<Library | undefined> = signal(undefined);
  #shown: { state: GalleryState; userId: string };

  constructor(session: Session) {
    this.session = session;
    this.#shown = { state: this.navigation.state.peek(), userId: session.userId.peek() };
    this.deletions = new Deletions({
      client: session.client,
      deleteOnLeaving: (image_ids) => {
        const body = { image_ids: [...image_ids] };
        // A request that is kept alive is sent even if the page is gone.
        void session.client.api.POST('/images/bulk-delete', { body, keepalive: true });
      },
      hasTrash: session.settings.trash_days > 0,
      notices: this.notices,
      list: {
        hide: (image_ids) => {
          for (const library of this.#lists()) library.hide(image_ids);
        },
        show: (image_ids) => {
          for (const library of this.#lists()) library.show(image_ids);
        },
        take: (image) => this.take(image),
      },
    });
    this.arrivals = new Arrivals(session.client, (image) => this.take(image));
    this.#library = signal(this.#open());
  }

  /** What is shown now. */
  get library(): ReadonlySignal<Library> {
    return this.#library;
  }

  /** Whether another list has been asked for and is not there yet. */
  get isChanging(): boolean {
    return this.#next.value !== undefined;
  }

  get state(): ReadonlySignal<GalleryState> {
    return this.navigation.state;
  }

  /** Shows the list that the address and the user ask for, if it is another one. */
  follow(state: GalleryState, userId: string): void {
    if (userId === this.#shown.userId && isSameList(state, this.#shown.state)) return;
    const isOtherView = userId !== this.#shown.userId || state.view !== this.#shown.state.view;
    this.#shown = { state, userId };
    this.selection.clear();
    this.#next.peek()?.close();
    const library = this.#open();
    if (isOtherView) this.#show(library);
    else this.#next.value = library;
  }

  /** Shows an image in the viewer. */
  open(image_id: string): void {
    this.navigation.go({ image: image_id });
  }

  close(): void {
    this.navigation.closeImage();
  }

  /** Deletes the image in the viewer, and goes on to the next. */
  removeFromViewer(image: ImageSummary): void {
    if (this.#isPastUndoing(image)) this.confirming.value = [image];
    else void this.#leave(image).then(() => this.deletions.delete([image]));
  }

  restoreFromViewer(image: ImageSummary): void {
    void this.#leave(image).then(() => this.deletions.restore([image]));
  }

  restoreSelected(): void {
    const { images } = this.selection;
    this.#goOnFrom(images);
    this.selection.clear();
    void this.deletions.restore(images);
  }

  /** Deletes what somebody has been asked about. */
  async confirmed(): Promise<void> {
    const images = this.confirming.peek() ?? [];
    this.confirming.value = null;
    this.#goOnFrom(images);
    this.selection.clear();
    for (const image of images) await this.#leave(image);
    await this.deletions.deleteForGood(images);
  }

  /** The picture of an image that fills the window. */
  screenSource(image: ImageSummary): string | undefined {
    return screenSource(this.session.client, image, innerWidth, innerHeight);
  }

  /** Where the viewer shows an image that is about to go, it goes on to the next. */
  async #leave({ image_id }: ImageSummary): Promise<void> {
    if (this.state.peek().image !== image_id) return;
    const library = this.#library.peek();
    const next = (await library.beside(image_id, 1)) ?? (await library.beside(image_id, -1));
    if (next) this.navigation.go({ image: next.image_id }, { replace: true });
    else this.close();
  }

  /** All photos, without any filter. */
  showAll(): void {
    this.navigation.go({ ...START });
  }

  /** Another view; filters that it does not have are left behind. */
  showView(view: View): void {
    const { range, order } = this.state.peek();
    this.navigation.go({ ...START, view, range, order: order === 'oldest' ? order : null });
  }

  clearFilters(): void {
    this.navigation.go({ ...START, view: this.state.peek().view });
  }

  /** Searches. What is typed on takes the place of what was searched for before in the history. */
  search(q: string): void {
    const before = this.state.peek();
    const change = { q, view: 'photos', order: null, image: null } as const;
    this.navigation.go(change, { replace: before.q !== '' && q !== '' });
  }

  /** Tags of the images that are there, the most frequent first, without those that are filtered by. */
  knownTags(most: number): readonly string[] {
    const counts = new Map<string, number>();
    // Read so that whoever shows them sees the list change.
    const images = this.library.value.changes.value >= 0 ? this.library.value.known() : [];
    for (const { tags } of images) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    const isFiltered = new Set(this.state.value.tags);
    return [...counts.keys()]
      .filter((tag) => !isFiltered.has(tag))
      .sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0))
      .slice(0, most);
  }

  /** Deletes images from where they are: into the trash, or for good once somebody has confirmed it. */
  removeFromList(images: readonly ImageSummary[]): void {
    if (images.some((image) => this.#isPastUndoing(image))) this.confirming.value = images;
    else {
      this.#goOnFrom(images);
      this.selection.clear();
      void this.deletions.delete(images);
    }
  }

  /** Where the keyboard is at images that go, it goes on to the next that stays. A pointer needs no such thing. */
  #goOnFrom(images: readonly ImageSummary[]): void {
    const going = new Set(images.map(({ image_id }) => image_id));
    const known = this.#library.peek().known();
    const at = known.findIndex(({ image_id }) => image_id === this.focused.peek());
    if (at < 0 || !going.has(known[at]?.image_id ?? '')) return;
    if (!document.activeElement?.matches(':focus-visible')) return;
    const stays = ({ image_id }: ImageSummary) => !going.has(image_id);
    const next = known.slice(at).find(stays) ?? known.slice(0, at).findLast(stays);
    if (next) this.focusWanted.value = next.image_id;
  }

  /** What is in the trash is deleted for good, and so is what is not there whole: an upload under way. */
  #isPastUndoing({ deleted_at, status }: ImageSummary): boolean {
    return deleted_at !== null || (this.session.settings.trash_days > 0 && status === 'pending');
  }

  /** Takes note of an image's newer state. */
  take(image: ImageSummary): void {
    for (const library of this.#lists()) library.take(image);
  }

  /** What is shown, and what is about to be. */
  #lists(): readonly Library[] {
    const next = this.#next.peek();
    return [this.#library.peek(), ...(next ? [next] : [])];
  }

  /** An upload has come to its end: shown once it is ready. */
  readonly uploaded = (image: Image): void => {
    this.take(image);
    this.arrivals.await(image);
  };

  sizesFor(width: number): { width: number; rowHeight: number; gap: number } {
    return { width, rowHeight: rowHeightFor(width), gap: gapFor(width) };
  }

  #open(): Library {
    const { state, userId } = this.#shown;
    const width = Math.max(280, document.documentElement.clientWidth);
    const source = pageSource(this.session.client, userId, state);
    // What is being deleted belongs into the trash as soon as it is there.
    const hidden = state.view === 'trash' ? [] : this.deletions.pending;
    const library = new Library(source, this.sizesFor(width), hidden);
    void library.open().then(() => {
      if (this.#next.peek() === library) this.#show(library);
    });
    return library;
  }

  #show(library: Library): void {
    this.#library.peek().close();
    this.#next.value = undefined;
    this.focused.value = null;
    this.#library.value = library;
    scrollTo(0, 0);
  }
}

const GalleryContext = createContext<Gallery | undefined>(undefined);

export const GalleryProvider = GalleryContext.Provider;

export function useGallery(): Gallery {
  const gallery = useContext(GalleryContext);
  if (!gallery) throw new Error('there is no gallery around this component');
  return gallery;
}
