import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useGallery } from '../app/gallery.ts';
import { withTags } from '../filters/url-state.ts';
import { problemSentence } from '../notices/problem-text.ts';
import { countInWords } from '../session/usage.ts';
import { changeTags } from './bulk-tags.ts';

/** Adds a tag to all selected images, or takes one from them. */
export function TagDialog({ close }: { readonly close: () => void }) {
  const gallery = useGallery();
  const dialog = useRef<HTMLDialogElement>(null);
  const typed = useSignal('');
  const isBusy = useSignal(false);
  const images = gallery.selection.images;
  const present = [...new Set(images.flatMap(({ tags }) => tags))].sort();
  useEffect(() => dialog.current?.showModal(), []);
  const change = async (changes: { add?: readonly string[]; remove?: readonly string[] }) => {
    isBusy.value = true;
    const outcome = await changeTags(gallery.session.client, images, changes, (image) => gallery.take(image));
    const { changed, error } = outcome;
    if (error !== undefined) {
      const failed = countInWords(images.length - changed, 'image');
      gallery.notices.show(`${failed} not changed. ${problemSentence(error)}`, { tone: 'error' });
    } else gallery.notices.show(`Tags of ${countInWords(changed, 'image')} changed`);
    close();
    gallery.selection.clear();
  };
  return (
    <dialog ref={dialog} class="confirm" aria-labelledby="tags-title" onClose={close}>
      <h2 id="tags-title">Tags of {countInWords(images.length, 'image')}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const add = withTags(typed.value.split(','));
          if (add.length > 0) void change({ add });
        }}
      >
        <label class="field">
          Add tags, with commas between them
          <input
            type="text"
            autocapitalize="none"
            value={typed.value}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
            }}
          />
        </label>
        {present.length > 0 ? (
          <fieldset class="tag-removal">
            <legend>Or remove a tag from all of them</legend>
            {present.map((tag) => (
              <button
                key={tag}
                type="button"
                class="chip"
                disabled={isBusy.value}
                aria-label={`Remove the tag ${tag}`}
                onClick={() => void change({ remove: [tag] })}
              >
                {tag} ×
              </button>
            ))}
          </fieldset>
        ) : null}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="button is-primary" disabled={isBusy.value}>
            Add tags
          </button>
        </div>
      </form>
    </dialog>
  );
}
