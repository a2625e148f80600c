import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useGallery } from '../app/gallery.ts';
import { Icon, type IconName } from '../app/icon.tsx';
import { countInWords } from '../session/usage.ts';
import { TagDialog } from './tag-dialog.tsx';

/** What can be done with the images that are selected. */
export function SelectionBar() {
  const gallery = useGallery();
  const { selection } = gallery;
  const isTagging = useSignal(false);
  const isTrash = gallery.state.value.view === 'trash';
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const isElsewhere =
        gallery.state.peek().image !== null || document.querySelector('dialog[open]') !== null;
      if (event.key === 'Escape' && !isElsewhere) selection.clear();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [gallery, selection]);
  return (
    <div class="selection-bar" role="toolbar" aria-label="Selected images">
      <button
        type="button"
        class="icon-button"
        aria-label="Clear the selection"
        onClick={() => selection.clear()}
      >
        <Icon name="close" />
      </button>
      <span class="selection-count" role="status">
        {countInWords(selection.size.value, 'image')} selected
      </span>
      {isTrash ? (
        <>
          <Action icon="restore" name="Restore" run={() => gallery.restoreSelected()} />
          <Action icon="trash" name="Delete for good" run={() => gallery.removeFromList(selection.images)} />
        </>
      ) : (
        <>
          <Action
            icon="tag"
            name="Edit tags"
            run={() => {
              isTagging.value = true;
            }}
          />
          <Action icon="trash" name="Delete" run={() => gallery.removeFromList(selection.images)} />
        </>
      )}
      {isTagging.value ? (
        <TagDialog
          close={() => {
            isTagging.value = false;
          }}
        />
      ) : null}
    </div>
  );
}

interface ActionProps {
  readonly icon: IconName;
  readonly name: string;
  readonly run: () => void;
}

function Action({ icon, name, run }: ActionProps) {
  return (
    <button type="button" class="button" aria-label={name} onClick={run}>
      <Icon name={icon} />
      <span>{name}</span>
    </button>
  );
}
