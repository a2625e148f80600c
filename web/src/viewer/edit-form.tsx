import { type Signal, useSignal } from '@preact/signals';
import { type TaggedImage, TintypeError } from '@tintype/client';
import { useEffect, useRef } from 'preact/hooks';
import { useGallery } from '../app/gallery.ts';
import { withTags } from '../filters/url-state.ts';
import { problemText } from '../notices/problem-text.ts';
import type { OpenedImage } from './opened-image.ts';

interface EditFormProps {
  readonly image: TaggedImage;
  readonly opened: OpenedImage;
  readonly isEditing: Signal<boolean>;
}

interface Draft {
  readonly title: string;
  readonly description: string;
  readonly tags: string;
}

const draftOf = ({ title, description, tags }: TaggedImage): Draft => ({
  title: title ?? '',
  description: description ?? '',
  tags: tags.join(', '),
});

/** Changes an image's texts: only if nobody else has changed them meanwhile, or if that is known and wanted. */
export function EditForm({ image, opened, isEditing }: EditFormProps) {
  const gallery = useGallery();
  const draft = useSignal<Draft>(draftOf(image));
  const etag = useSignal(image.etag);
  const isSaving = useSignal(false);
  const failure = useSignal<unknown>(undefined);
  /** What somebody else has made of the image. */
  const theirs = useSignal<TaggedImage | undefined>(undefined);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const save = async (at: string) => {
    isSaving.value = true;
    failure.value = undefined;
    const { title, description, tags } = draft.peek();
    try {
      const changes = {
        title: title.trim() || null,
        description: description.trim() || null,
        tags: [...withTags(tags.split(','))],
      };
      opened.changed(await gallery.session.client.update(image.image_id, changes, { etag: at }));
      isEditing.value = false;
      gallery.notices.show('Saved');
    } catch (error) {
      if (error instanceof TintypeError && error.code === 'precondition_failed') {
        theirs.value = await opened.reload();
      } else failure.value = error;
    } finally {
      isSaving.value = false;
    }
  };
  const set = (change: Partial<Draft>) => {
    draft.value = { ...draft.value, ...change };
  };
  return (
    <form
      class="edit"
      aria-label="Edit the image"
      onSubmit={(event) => {
        event.preventDefault();
        void save(etag.value);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        isEditing.value = false;
      }}
    >
      <label class="field">
        Title
        <input
          ref={first}
          type="text"
          maxLength={200}
          value={draft.value.title}
          onInput={(event) => set({ title: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        Description
        <textarea
          maxLength={2000}
          value={draft.value.description}
          onInput={(event) => set({ description: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        Tags, with commas between them
        <input
          type="text"
          autocapitalize="none"
          value={draft.value.tags}
          onInput={(event) => set({ tags: event.currentTarget.value })}
        />
      </label>
      {failure.value ? <p role="alert">{problemText(failure.value).text}</p> : null}
      {theirs.value ? (
        <Conflict
          theirs={theirs.value}
          take={(image) => {
            draft.value = draftOf(image);
            etag.value = image.etag;
            theirs.value = undefined;
          }}
          overwrite={(image) => {
            etag.value = image.etag;
            theirs.value = undefined;
            void save(image.etag);
          }}
        />
      ) : (
        <div class="edit-actions">
          <button type="submit" class="button is-primary" disabled={isSaving.value}>
            Save
          </button>
          <button
            type="button"
            class="button is-plain"
            onClick={() => {
              isEditing.value = false;
            }}
          >
            Cancel
          </button>
        </div>
      )}
    </form>
  );
}

interface ConflictProps {
  readonly theirs: TaggedImage;
  readonly take: (image: TaggedImage) => void;
  readonly overwrite: (image: TaggedImage) => void;
}

function Conflict({ theirs, take, overwrite }: ConflictProps) {
  const element = useRef<HTMLDivElement>(null);
  // On small screens there is no room for it below the form.
  useEffect(() => element.current?.scrollIntoView({ block: 'nearest' }), []);
  return (
    <div ref={element} class="conflict" role="alert">
      <p>
        <strong>Somebody else has changed this image in the meantime.</strong> Nothing of yours has been
        saved.
      </p>
      <dl class="facts">
        <div>
          <dt>Title</dt>
          <dd>{theirs.title ?? 'none'}</dd>
        </div>
        <div>
          <dt>Description</dt>
          <dd>{theirs.description ?? 'none'}</dd>
        </div>
        <div>
          <dt>Tags</dt>
          <dd>{theirs.tags.join(', ') || 'none'}</dd>
        </div>
      </dl>
      <div class="edit-actions">
        <button type="button" class="button is-primary" onClick={() => take(theirs)}>
          Use their changes
        </button>
        <button type="button" class="button" onClick={() => overwrite(theirs)}>
          Save mine instead
        </button>
      </div>
    </div>
  );
}
