import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { type Gallery, useGallery } from '../app/gallery.ts';
import { nameOf } from '../grid/image-text.ts';
import { problemText } from '../notices/problem-text.ts';
import { DetailsPanel } from './details-panel.tsx';
import { Gestures } from './gestures.ts';
import { OpenedImage } from './opened-image.ts';
import { Stage } from './stage.tsx';
import { ViewerBar } from './viewer-bar.tsx';
import { useViewerKeys } from './viewer-keys.ts';

/** One image, large, above everything else. */
export function Viewer({ image_id }: { readonly image_id: string }) {
  const gallery = useGallery();
  const dialog = useRef<HTMLDivElement>(null);
  const opened = useMemo(() => new OpenedImage(gallery), [gallery]);
  const isEditing = useSignal(false);
  const go = (step: 1 | -1 | 'first' | 'last') => void showBeside(gallery, step);
  const gestures = useMemo(() => new Gestures((step) => void showBeside(gallery, step)), [gallery]);
  useLayoutEffect(() => {
    opened.show(image_id);
    gestures.reset();
    isEditing.value = false;
  }, [opened, gestures, isEditing, image_id]);
  useCovering(gallery, dialog);
  useViewerKeys({ gallery, opened, gestures, isEditing, go });
  const image = opened.summary.value;
  const name = image ? nameOf(image) : 'Image';
  return (
    <div
      ref={dialog}
      class={gallery.showsDetails.value ? 'viewer has-details' : 'viewer'}
      role="dialog"
      aria-modal="true"
      aria-label={name}
      tabIndex={-1}
    >
      <ViewerBar opened={opened} gestures={gestures} go={go} />
      <p class="visually-hidden" role="status">
        {image ? name : ''}
      </p>
      {image ? (
        <Stage key={image.image_id} image={image} gestures={gestures} onBroken={() => opened.renew()} />
      ) : (
        <div class="stage">
          {opened.error.value ? (
            <p class="stage-state" role="alert">
              {problemText(opened.error.value).text}
            </p>
          ) : null}
        </div>
      )}
      {gallery.showsDetails.value ? <DetailsPanel opened={opened} isEditing={isEditing} /> : null}
    </div>
  );
}

/** Shows the image that many places further on, if there is one. */
export async function showBeside(gallery: Gallery, step: 1 | -1 | 'first' | 'last'): Promise<void> {
  const from = gallery.state.peek().image;
  if (from === null) return;
  const library = gallery.library.peek();
  const next = typeof step === 'number' ? await library.beside(from, step) : await library.end(step);
  // Somebody may have gone on meanwhile.
  if (next && gallery.state.peek().image === from) {
    gallery.navigation.go({ image: next.image_id }, { replace: true });
  }
}

/** Takes the keyboard's focus while the viewer is there, and gives it to the last image's place in the grid. */
function useCovering(gallery: Gallery, dialog: { readonly current: HTMLElement | null }): void {
  useLayoutEffect(() => {
    dialog.current?.focus();
    document.documentElement.classList.add('is-covered');
    return () => {
      document.documentElement.classList.remove('is-covered');
      gallery.library.peek().pin(undefined);
    };
  }, [gallery, dialog]);
  const last = useRef<string | null>(null);
  last.current = gallery.state.value.image ?? last.current;
  useEffect(
    () => () => {
      gallery.focusWanted.value = last.current;
    },
    [gallery],
  );
}
