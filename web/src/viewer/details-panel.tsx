import type { Signal } from '@preact/signals';
import type { TaggedImage } from '@tintype/client';
import { useGallery } from '../app/gallery.ts';
import { Icon } from '../app/icon.tsx';
import { formatState, START } from '../filters/url-state.ts';
import { nameOf } from '../grid/image-text.ts';
import { problemText } from '../notices/problem-text.ts';
import { sizeInWords } from '../session/usage.ts';
import { cameraFacts, type Fact } from './camera-text.ts';
import { EditForm } from './edit-form.tsx';
import type { OpenedImage } from './opened-image.ts';

interface DetailsPanelProps {
  readonly opened: OpenedImage;
  readonly isEditing: Signal<boolean>;
}

/** All that is known of an image, and the way to change it. */
export function DetailsPanel({ opened, isEditing }: DetailsPanelProps) {
  const gallery = useGallery();
  const image = opened.details.value;
  const error = opened.error.value;
  return (
    <aside class="details" aria-label="Details">
      <div class="details-head">
        <h3>Details</h3>
        <button
          type="button"
          class="icon-button"
          aria-label="Close details"
          onClick={() => {
            gallery.showsDetails.value = false;
          }}
        >
          <Icon name="close" />
        </button>
      </div>
      {error ? <p role="alert">{problemText(error).text}</p> : null}
      {image && isEditing.value ? (
        <EditForm key={image.image_id} image={image} opened={opened} isEditing={isEditing} />
      ) : null}
      {image && !isEditing.value ? <Shown image={image} isEditing={isEditing} /> : null}
      {image ? <Facts facts={factsOf(image)} /> : null}
    </aside>
  );
}

function Shown({ image, isEditing }: { readonly image: TaggedImage; readonly isEditing: Signal<boolean> }) {
  const gallery = useGallery();
  return (
    <div class="details-text">
      <p class="details-title">{nameOf(image)}</p>
      {image.description ? <p class="details-description">{image.description}</p> : null}
      {image.tags.length > 0 ? (
        <ul class="details-tags" aria-label="Tags">
          {image.tags.map((tag) => (
            <li key={tag}>
              <a
                class="chip"
                href={formatState({ ...START, tags: [tag] })}
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey) return;
                  event.preventDefault();
                  gallery.navigation.go({ ...START, tags: [tag] });
                }}
              >
                {tag}
              </a>
            </li>
          ))}
        </ul>
      ) : null}
      {image.deleted_at === null ? (
        <button
          type="button"
          class="button"
          onClick={() => {
            isEditing.value = true;
          }}
        >
          Edit title, description and tags
        </button>
      ) : null}
    </div>
  );
}

function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function factsOf(image: TaggedImage): readonly Fact[] {
  const { width, height, filename } = image;
  const megapixels = width && height ? (width * height) / 1e6 : undefined;
  const time = (instant: string) =>
    new Date(instant).toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short' });
  return [
    ...cameraFacts(image.exif),
    { name: 'Uploaded', value: time(image.upload_time) },
    ...(image.deleted_at === null ? [] : [{ name: 'Deleted', value: time(image.deleted_at) }]),
    ...(megapixels === undefined
      ? []
      : [{ name: 'Size', value: `${width} × ${height} · ${megapixels.toFixed(1)} MP` }]),
    {
      name: 'File',
      value: `${image.content_type.replace('image/', '').toUpperCase()} · ${sizeInWords(image.size_bytes)}`,
    },
    ...(filename ? [{ name: 'Name', value: filename }] : []),
    ...(image.version > 1 ? [{ name: 'Version', value: String(image.version) }] : []),
  ];
}
