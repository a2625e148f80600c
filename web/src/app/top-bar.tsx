import { SearchBox } from '../filters/search-box.tsx';
import { SessionMenu } from '../session/session-menu.tsx';
import { UploadTray } from '../uploads/upload-tray.tsx';
import { useGallery } from './gallery.ts';

/** What stands above everything: the name, the search, uploading, and who is here. */
export function TopBar() {
  const gallery = useGallery();
  return (
    <div class="top">
      <a
        class="brand"
        href="./"
        aria-label="Tintype, all photos"
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey) return;
          event.preventDefault();
          gallery.showAll();
        }}
      >
        <span class="brand-mark" aria-hidden="true" />
        <span class="brand-name">Tintype</span>
      </a>
      {gallery.session.settings.search ? <SearchBox /> : <span class="top-space" />}
      <div class="top-actions">
        <UploadTray session={gallery.session} onUploaded={gallery.uploaded} />
        <SessionMenu session={gallery.session} />
      </div>
    </div>
  );
}
