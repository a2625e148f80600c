import type { ImageSummary } from '@tintype/client';
import { type Gallery, useGallery } from '../app/gallery.ts';
import { Icon, type IconName } from '../app/icon.tsx';
import { nameOf } from '../grid/image-text.ts';
import { problemSentence } from '../notices/problem-text.ts';
import type { Gestures } from './gestures.ts';
import type { OpenedImage } from './opened-image.ts';

interface ViewerBarProps {
  readonly opened: OpenedImage;
  readonly gestures: Gestures;
  readonly go: (step: 1 | -1) => void;
}

/** How long a link that is shared works. */
const SHARED_DAYS = 7;

/** What can be done with the image in the viewer. */
export function ViewerBar({ opened, gestures, go }: ViewerBarProps) {
  const gallery = useGallery();
  const image = opened.summary.value;
  const isZoomed = gestures.zoom.value.scale > 1;
  const isReady = image?.status === 'ready' && image.deleted_at === null;
  return (
    <>
      <div class="viewer-bar" role="toolbar" aria-label="Image">
        <Tool icon="close" name="Close" run={() => gallery.close()} />
        <h2 class="viewer-name">{image ? nameOf(image) : ''}</h2>
        {isReady ? (
          <>
            <Tool
              icon={isZoomed ? 'zoomOut' : 'zoomIn'}
              name={isZoomed ? 'Fit to window' : 'Zoom in'}
              run={() => gestures.toggle()}
            />
            <Tool icon="link" name="Copy a link to share" run={() => void share(gallery, image)} />
            <Tool icon="download" name="Download" run={() => void download(gallery, image)} />
          </>
        ) : null}
        <Tool
          icon="info"
          name="Details"
          isPressed={gallery.showsDetails.value}
          run={() => {
            gallery.showsDetails.value = !gallery.showsDetails.peek();
          }}
        />
        {image && image.deleted_at !== null ? (
          <Tool icon="restore" name="Restore" run={() => gallery.restoreFromViewer(image)} />
        ) : null}
        {image ? (
          <Tool
            icon="trash"
            name={image.deleted_at === null ? 'Delete' : 'Delete for good'}
            run={() => gallery.removeFromViewer(image)}
          />
        ) : null}
      </div>
      <button
        type="button"
        class="icon-button viewer-step is-back"
        aria-label="Previous image"
        onClick={() => go(-1)}
      >
        <Icon name="left" />
      </button>
      <button
        type="button"
        class="icon-button viewer-step is-on"
        aria-label="Next image"
        onClick={() => go(1)}
      >
        <Icon name="right" />
      </button>
    </>
  );
}

interface ToolProps {
  readonly icon: IconName;
  readonly name: string;
  readonly isPressed?: boolean;
  readonly run: () => void;
}

function Tool({ icon, name, isPressed, run }: ToolProps) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={name}
      title={name}
      aria-pressed={isPressed}
      onClick={run}
    >
      <Icon name={icon} />
    </button>
  );
}

async function download(gallery: Gallery, { image_id }: ImageSummary): Promise<void> {
  try {
    const { url } = await gallery.session.client.view(image_id, { download: true });
    if (!url) return;
    const link = document.createElement('a');
    link.href = url;
    link.download = '';
    link.click();
  } catch (error) {
    gallery.notices.show(`Not downloaded. ${problemSentence(error)}`, { tone: 'error' });
  }
}

async function share(gallery: Gallery, { image_id }: ImageSummary): Promise<void> {
  try {
    const seconds = SHARED_DAYS * 24 * 3600;
    const { url } = await gallery.session.client.createLink(image_id, { expires_in_seconds: seconds });
    const isCopied = await copy(url);
    const works = `It works for ${SHARED_DAYS} days.`;
    gallery.notices.show(isCopied ? `Link copied. ${works}` : `${url} ${works}`);
  } catch (error) {
    gallery.notices.show(`No link was made. ${problemSentence(error)}`, { tone: 'error' });
  }
}

/** @returns false where the browser does not let the page: over plain HTTP there is no clipboard at all. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
