import type { Config } from '../config/config.ts';
import { SharpRenderer } from '../drivers/sharp/sharp-renderer.ts';
import type { Renderer } from '../ports/renderer.ts';

/** Decoders of this process; none is started before there is something to decode. */
export function openRenderer({ maxImagePixels: maxPixels }: Config): Renderer {
  return new SharpRenderer({ maxPixels });
}
