import { type ReadonlySignal, useSignal } from '@preact/signals';
import type { ImageSummary } from '@tintype/client';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useGallery } from '../app/gallery.ts';
import { Icon } from '../app/icon.tsx';
import { formatState } from '../filters/url-state.ts';
import { nameOf, statusText } from './image-text.ts';
import { gridSource } from './picture.ts';
import { Placeholder } from './placeholder.tsx';

interface TileProps {
  readonly image: ImageSummary;
  /** Pixels. */
  readonly left: number;
  readonly width: number;
  readonly height: number;
  readonly isTabStop: boolean;
  /** Whether it is scrolled too fast to look at pictures. */
  readonly isFast: ReadonlySignal<boolean> | undefined;
}

/** One image of the grid: a link to its large picture, and a box to select it with. */
export function Tile({ image, left, width, height, isTabStop, isFast }: TileProps) {
  const gallery = useGallery();
  const name = nameOf(image);
  const state = statusText(image);
  const isSelected = gallery.selection.has(image.image_id);
  const address = formatState({ ...gallery.state.value, image: image.image_id });
  return (
    <div
      role="gridcell"
      aria-selected={isSelected}
      class={`tile${isSelected ? ' is-selected' : ''}${state ? ' is-unready' : ''}`}
      style={{ left, width, height, backgroundColor: image.placeholder?.color ?? '' }}
      data-image-id={image.image_id}
    >
      <a
        class="tile-link"
        href={address}
        aria-label={state ? undefined : name}
        tabIndex={isTabStop ? 0 : -1}
        draggable={false}
      >
        <Placeholder placeholder={image.placeholder} isFast={isFast} />
        <Picture image={image} width={width} height={height} isFast={isFast} />
        {state ? (
          <span class="tile-state">
            <Icon name="photos" />
            <strong>{name}</strong>
            <span>{state}</span>
          </span>
        ) : null}
      </a>
      <label class="tile-check">
        <input type="checkbox" checked={isSelected} tabIndex={-1} aria-label={`Select ${name}`} />
        <Icon name="check" />
      </label>
    </div>
  );
}

interface PictureProps extends Pick<TileProps, 'image' | 'width' | 'height' | 'isFast'> {}

/** The pixels, over the placeholder once they are there. Those that are shown stay when their URL is renewed. */
function Picture({ image, width, height, isFast }: PictureProps) {
  const gallery = useGallery();
  const shown = useRef<{ readonly src: string; readonly of: string } | undefined>(undefined);
  const isLoaded = useSignal(false);
  const failed = useSignal('');
  const element = useRef<HTMLImageElement>(null);
  const of = `${image.image_id} ${image.version} ${Object.keys(image.renditions).length}`;
  const source = gridSource(gallery.session.client, image, width, height);
  const hasFailed = shown.current !== undefined && failed.value === shown.current.src;
  if (source && (shown.current ? shown.current.of !== of || hasFailed : !isFast?.value)) {
    shown.current = { src: source, of };
  }
  const src = shown.current?.src;
  useLayoutEffect(() => {
    const img = element.current;
    if (img?.complete && img.naturalWidth > 0) isLoaded.value = true;
    // What has scrolled by is not waited for.
    return () => img?.removeAttribute('src');
  }, [src, isLoaded]);
  if (!src) return null;
  return (
    <img
      ref={element}
      key={src}
      src={src}
      alt=""
      decoding="async"
      draggable={false}
      class={isLoaded.value ? 'is-loaded' : ''}
      onLoad={() => {
        isLoaded.value = true;
      }}
      onError={() => {
        // Signed URLs end: there may be a new one.
        failed.value = src;
        gallery.library.peek().renewFor(image.image_id);
      }}
    />
  );
}
