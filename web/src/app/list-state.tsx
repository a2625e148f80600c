import { isFiltered } from '../filters/url-state.ts';
import type { Library } from '../library/library.ts';
import { problemText } from '../notices/problem-text.ts';
import { countInWords } from '../session/usage.ts';
import { useGallery } from './gallery.ts';

/** Says how many images were found, to whoever does not see it. */
export function FoundCount({ library }: { readonly library: Library }) {
  const gallery = useGallery();
  const isKnown = library.changes.value > 0 && library.state.value === 'open' && !gallery.isChanging;
  const { count } = library.blocks;
  const found =
    count === 0 && library.isComplete ? 'No images found' : `${countInWords(count, 'image')} found`;
  const text = library.isComplete || count === 0 ? found : `More than ${countInWords(count, 'image')} found`;
  return (
    <p class="visually-hidden" role="status">
      {isKnown && isFiltered(gallery.state.value) ? text : ''}
    </p>
  );
}

/** What there is to say below the grid, or in its place: more is coming, nothing is there, something has failed. */
export function ListState({ library }: { readonly library: Library }) {
  const gallery = useGallery();
  // Read so that this is rendered again with every change of the list.
  const isKnown = library.changes.value >= 0;
  const state = library.state.value;
  if (state === 'failed') return <Failed library={library} />;
  if (state === 'opening') return <Opening />;
  if (!isKnown || library.blocks.all.some(({ count }) => count > 0)) {
    return library.isComplete ? null : <div class="loading-more" />;
  }
  if (!library.isComplete) return <Opening />;
  return isFiltered(gallery.state.value) ? <NothingFound /> : <Empty />;
}

function Opening() {
  return (
    <div class="opening" role="status">
      <span class="visually-hidden">Loading images</span>
    </div>
  );
}

function Failed({ library }: { readonly library: Library }) {
  const gallery = useGallery();
  const { text, requestId } = problemText(library.error.value);
  const isOffline = !gallery.isOnline.value;
  return (
    <div class={library.blocks.count > 0 ? 'message is-over-list' : 'message'} role="alert">
      <h2>{isOffline ? 'You are offline' : 'The images could not be loaded'}</h2>
      <p>{isOffline ? 'They are loaded as soon as you are online again.' : text}</p>
      <button type="button" class="button" onClick={() => library.retry()}>
        Try again
      </button>
      {requestId ? <p class="request-id">Request {requestId}</p> : null}
    </div>
  );
}

function NothingFound() {
  const gallery = useGallery();
  return (
    <div class="message">
      <h2>Nothing found</h2>
      <p>No image meets all of what you have asked for.</p>
      <button type="button" class="button" onClick={() => gallery.clearFilters()}>
        Clear filters
      </button>
    </div>
  );
}

const EMPTY = {
  photos: [
    'No images yet',
    'Drop images anywhere on this page, paste one, or choose files with the upload button.',
  ],
  processing: [
    'Nothing is being processed',
    'Images that are uploaded, checked or processed are shown here.',
  ],
  rejected: ['Nothing was rejected', 'Images that could not be accepted are shown here, with the reason.'],
  trash: ['The trash is empty', ''],
} as const;

function Empty() {
  const gallery = useGallery();
  const { view } = gallery.state.value;
  const [title, text] = EMPTY[view];
  const days = gallery.session.settings.trash_days;
  const kept = days > 0 ? `What you delete stays here for ${days === 1 ? 'a day' : `${days} days`}.` : '';
  return (
    <div class="message is-empty">
      <span class="empty-art" aria-hidden="true" />
      <h2>{title}</h2>
      <p>{view === 'trash' ? kept : text}</p>
    </div>
  );
}
