import { useEffect, useRef } from 'preact/hooks';
import { useGallery } from '../app/gallery.ts';
import { countInWords } from '../session/usage.ts';

/** Asks before something is deleted that cannot be brought back. */
export function ConfirmDialog() {
  const gallery = useGallery();
  const dialog = useRef<HTMLDialogElement>(null);
  const images = gallery.confirming.value;
  useEffect(() => {
    if (images) dialog.current?.showModal();
    else dialog.current?.close();
  }, [images]);
  const cancel = () => {
    gallery.confirming.value = null;
  };
  return (
    <dialog ref={dialog} class="confirm" aria-labelledby="confirm-title" onClose={cancel}>
      {images ? (
        <>
          <h2 id="confirm-title">Delete {countInWords(images.length, 'image')} for good?</h2>
          <p>This cannot be undone.</p>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={cancel}>
              Cancel
            </button>
            <button type="button" class="button is-danger" onClick={() => void gallery.confirmed()}>
              Delete for good
            </button>
          </div>
        </>
      ) : null}
    </dialog>
  );
}
