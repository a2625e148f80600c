import { fileURLToPath } from 'node:url';
import { SharpRenderer } from '../drivers/sharp/sharp-renderer.ts';
import type { Renderer } from '../ports/renderer.ts';
import { functionConfig } from './lambda-config.ts';

/** This function's decoders, whose program lies beside its own bundle. Apart, so that no other function has its code. */
export function openFunctionRenderer(): Renderer {
  const { maxImagePixels: maxPixels } = functionConfig();
  const program = fileURLToPath(new URL('./decoder-child.mjs', import.meta.url));
  // A function works on one event at a time.
  return new SharpRenderer({ maxPixels, program, size: 1 });
}
