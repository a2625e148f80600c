import type { ImageSummary } from '@tintype/client';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { thumbHashToRGBA } from 'thumbhash';

/** An image's blurred picture, drawn at once from what its row in the list says. */
export function Placeholder({ placeholder }: Pick<ImageSummary, 'placeholder'>) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const hash = placeholder?.thumbhash;
  useLayoutEffect(() => {
    if (canvas.current && hash) draw(canvas.current, hash);
  }, [hash]);
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
  canvas.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0);
}
