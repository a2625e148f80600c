import { useSignal } from '@preact/signals';
import type { ImageSummary } from '@tintype/client';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { useGallery } from '../app/gallery.ts';
import { nameOf, statusText } from '../grid/image-text.ts';
import { screenSource } from '../grid/picture.ts';
import { Placeholder } from '../grid/placeholder.tsx';
import type { Gestures } from './gestures.ts';
import { type Extent, fitExtent } from './zoom.ts';

interface StageProps {
  readonly image: ImageSummary;
  readonly gestures: Gestures;
  /** Told that one of the image's URLs does not work: it may have ended. */
  readonly onBroken: () => void;
}

/** Beyond this scale the picture's own pixels are shown, not those of a smaller one. */
const NEEDS_ORIGINAL = 1.15;

/** One picture, as large as fits, or enlarged. */
export function Stage({ image, gestures, onBroken }: StageProps) {
  const stage = useRef<HTMLDivElement>(null);
  const room = useSignal<Extent>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = stage.current;
    if (!element) return undefined;
    const measured = new ResizeObserver(() => {
      room.value = { width: element.clientWidth, height: element.clientHeight };
    });
    measured.observe(element);
    return () => measured.disconnect();
  }, [room]);
  const whole = { width: image.width ?? 4, height: image.height ?? 3 };
  const fit = fitExtent(whole, room.value);
  useLayoutEffect(() => gestures.measure(whole, fit, room.value));
  const { scale, x, y } = gestures.zoom.value;
  const state = statusText(image);
  return (
    <div ref={stage} class={scale > 1 ? 'stage is-zoomed' : 'stage'} {...gestures.handlers}>
      {state ? (
        <p class="stage-state">{state}</p>
      ) : (
        <div class="stage-picture" style={{ ...fit, transform: `translate(${x}px, ${y}px) scale(${scale})` }}>
          <Placeholder placeholder={image.placeholder} />
          {fit.width > 0 ? (
            <Pixels image={image} fit={fit} isZoomed={scale > NEEDS_ORIGINAL} onBroken={onBroken} />
          ) : null}
        </div>
      )}
    </div>
  );
}

interface PixelsProps extends Pick<StageProps, 'image' | 'onBroken'> {
  readonly fit: Extent;
  readonly isZoomed: boolean;
}

/** The pixels that fit the screen, and above them the picture's own once they are wanted. */
function Pixels({ image, fit, isZoomed, onBroken }: PixelsProps) {
  const gallery = useGallery();
  const wanted = useRef({ of: '', src: '' });
  const loaded = useSignal('');
  const failed = useSignal('');
  const wholeLoaded = useSignal('');
  const of = `${image.image_id} ${image.version} ${Object.keys(image.renditions).length}`;
  // Animations are only in the file itself.
  const isWhole = image.content_type === 'image/gif';
  const source =
    (isWhole ? image.url : screenSource(gallery.session.client, image, fit.width, fit.height)) ?? '';
  if (wanted.current.of !== of || wanted.current.src === failed.value) wanted.current = { of, src: source };
  const { src } = wanted.current;
  useEffect(() => {
    if (!isZoomed) wholeLoaded.value = '';
  }, [isZoomed, wholeLoaded]);
  return (
    <>
      <img
        key={src}
        src={src}
        alt={nameOf(image)}
        class={loaded.value === src ? 'is-loaded' : ''}
        draggable={false}
        onLoad={() => {
          loaded.value = src;
        }}
        onError={() => {
          failed.value = src;
          onBroken();
        }}
      />
      {isZoomed && image.url && src !== image.url ? (
        <img
          src={image.url}
          alt=""
          class={wholeLoaded.value === image.url ? 'is-loaded' : ''}
          draggable={false}
          onLoad={() => {
            wholeLoaded.value = image.url ?? '';
          }}
          onError={onBroken}
        />
      ) : null}
    </>
  );
}
