import { untracked, useComputed, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ConfirmDialog } from '../deletion/confirm-dialog.tsx';
import { FilterBar } from '../filters/filter-bar.tsx';
import { ImageGrid } from '../grid/image-grid.tsx';
import { NoticeArea } from '../notices/notice-area.tsx';
import { SelectionBar } from '../selection/selection-bar.tsx';
import type { Session } from '../session/session.ts';
import { Viewer } from '../viewer/viewer.tsx';
import { Gallery, GalleryProvider, useGallery } from './gallery.ts';
import { FoundCount, ListState } from './list-state.tsx';
import { TopBar } from './top-bar.tsx';

/** The page of whoever is signed in. */
export function GalleryPage({ session }: { readonly session: Session }) {
  const gallery = useMemo(() => new Gallery(session), [session]);
  useFollowing(gallery);
  const isCovered = useComputed(() => gallery.state.value.image !== null);
  const library = gallery.library.value;
  return (
    <GalleryProvider value={gallery}>
      <div class={gallery.selection.size.value > 0 ? 'page is-selecting' : 'page'} inert={isCovered.value}>
        <a class="skip-link" href="#images">
          Skip to the images
        </a>
        <header class="topbar">
          <TopBar />
          {gallery.isOnline.value ? null : <OfflineBanner />}
          {gallery.selection.size.value > 0 ? <SelectionBar /> : <FilterBar />}
        </header>
        <main id="images" tabIndex={-1}>
          <h1 class="visually-hidden">Images</h1>
          <FoundCount library={library} />
          <TrashNote />
          <ImageGrid key={library} library={library} />
          <ListState library={library} />
        </main>
      </div>
      {gallery.state.value.image === null ? null : <Viewer image_id={gallery.state.value.image} />}
      <ConfirmDialog />
      <NoticeArea />
    </GalleryProvider>
  );
}

function TrashNote() {
  const gallery = useGallery();
  const days = gallery.session.settings.trash_days;
  const isEmpty = gallery.library.value.changes.value < 1 || gallery.library.value.blocks.count === 0;
  if (gallery.state.value.view !== 'trash' || days === 0 || isEmpty) return null;
  return <p class="view-note">Deleted images stay here for {days === 1 ? 'a day' : `${days} days`}.</p>;
}

function OfflineBanner() {
  return (
    <p class="banner" role="status">
      You are offline. What is here stays; everything else comes when you are online again.
    </p>
  );
}

/** Keeps the gallery with the address, the network and the end of the page. */
function useFollowing(gallery: Gallery): void {
  useEffect(() => gallery.navigation.start(), [gallery]);
  useSignalEffect(() => gallery.follow(gallery.state.value, gallery.session.userId.value));
  useSignalEffect(() => {
    // What failed for want of a sign-in goes on with the next one.
    if (!gallery.session.hasEnded.value) untracked(() => gallery.library.peek().retry());
  });
  useEffect(() => {
    const online = () => {
      gallery.isOnline.value = navigator.onLine;
      if (navigator.onLine) gallery.library.peek().retry();
    };
    const leave = () => gallery.deletions.leave();
    const undo = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.closest('input, textarea') !== null;
      const isUndo = event.key === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey;
      if (isUndo && !isTyping && gallery.notices.actLast()) event.preventDefault();
    };
    addEventListener('online', online);
    addEventListener('offline', online);
    addEventListener('pagehide', leave);
    addEventListener('keydown', undo);
    return () => {
      removeEventListener('online', online);
      removeEventListener('offline', online);
      removeEventListener('pagehide', leave);
      removeEventListener('keydown', undo);
    };
  }, [gallery]);
}
