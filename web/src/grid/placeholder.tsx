import type { ReadonlySignal } from '@preact/signals';
import type { ImageSummary } from '@tintype/client';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { thumbHashToRGBA } from 'thumbhash';

interface PlaceholderProps extends Pick<ImageSummary, 'placeholder'> {
  /** Whether it goes by too fast for more than the tile's colour. */
  readonly isFast?: ReadonlySignal<boolean> | undefined;
}

/** An image's blurred picture, drawn at once from what its row in the list says. */
export function Placeholder({ placeholder, isFast }: PlaceholderProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const hash = placeholder?.thumbhash;
  const drawn = useRef('');
  const waits = isFast?.value ?? false;
  useLayoutEffect(() => {
    if (!canvas.current || !hash || waits || drawn.current === hash) return;
    drawn.current = hash;
    draw(canvas.current, hash);
  }, [hash, waits]);
  if (!hash) return null;
  return (
    <span class="placeholder" aria-hidden="true">
      <canvas ref={canvas} />
    </span>
  );
}

function draw(canvas: HTMLCanvasElement, hash: string): void {
  const { w, h, rgba } = thumbHashToRGBA(Uint8Array.from(atob(hash), (char) => char.charCodeAt(0)));
  canvas.width = w;
  canvas.height = h;
  // Few pixels, drawn once: they need not go to the graphics card.
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0);
}
