import type { Config } from '../config/config.ts';
import { SharpRenderer, type SharpRendererOptions } from '../drivers/sharp/sharp-renderer.ts';

/** Decoders of this process; none is started before there is something to decode. */
export function openRenderer(
  { maxImagePixels: maxPixels }: Config,
  onLoss: NonNullable<SharpRendererOptions['onLoss']> = () => {},
): SharpRenderer {
  return new SharpRenderer({ maxPixels, onLoss });
}
