import { extensionOf } from './media-type.ts';
import {
  FITS,
  MAX_RENDITION_SIDE,
  mediaTypeOf,
  PRESET_NAMES,
  type PresetFormat,
  type PresetName,
  RENDITION_FORMATS,
  type RenditionFormat,
  type RenditionPlan,
} from './rendition.ts';

/** What a name stands for: a preset, or a plan that was asked for. */
export type NamedRendition =
  | { readonly preset: PresetName; readonly format: PresetFormat }
  | { readonly plan: RenditionPlan; readonly format: RenditionFormat };

/** The name of a preset's file: `thumb.webp`. */
export function presetFileName(preset: PresetName, format: PresetFormat): string {
  return `${preset}.${extension(format)}`;
}

/**
 * The name of a plan that `planRendition` has made: `w640-h480-cover-centre-q80.webp`. One plan, one name, now
 * and in every later release: what lies under it is never made anew.
 */
export function renditionName({ width, height, fit, keep, quality, format }: RenditionPlan): string {
  const how = fit === 'cover' ? `${fit}-${keep}` : fit;
  return `w${width}-h${height}-${how}-q${quality}.${extension(format)}`;
}

/** What has this name; undefined where nothing can have it. */
export function renditionOfName(name: string): NamedRendition | undefined {
  const dot = name.lastIndexOf('.');
  const format = RENDITION_FORMATS.find((known) => extension(known) === name.slice(dot + 1));
  if (dot === -1 || format === undefined) return undefined;
  const preset = PRESET_NAMES.find((known) => known === name.slice(0, dot));
  if (preset !== undefined) return format === 'webp' || format === 'avif' ? { preset, format } : undefined;
  const plan = planOfName(name, format);
  return plan && { plan, format };
}

const NAME = /^w(\d{1,4})-h(\d{1,4})-([a-z]+)(?:-(centre|attention))?-q(\d{1,3})\./;

function planOfName(name: string, format: RenditionFormat): RenditionPlan | undefined {
  const [, width, height, fitName, keepName, quality] = NAME.exec(name) ?? [];
  const fit = FITS.find((known) => known === fitName);
  if (fit === undefined) return undefined;
  const plan: RenditionPlan = {
    width: Number(width),
    height: Number(height),
    fit,
    keep: keepName === 'attention' ? keepName : 'centre',
    format,
    quality: Number(quality),
  };
  const sides = [plan.width, plan.height];
  const isPossible =
    sides.every((side) => side >= 1 && side <= MAX_RENDITION_SIDE) &&
    plan.quality >= 1 &&
    plan.quality <= 100;
  // Numbers can be written in several ways, and a plan has one name.
  return isPossible && renditionName(plan) === name ? plan : undefined;
}

function extension(format: RenditionFormat): string {
  return extensionOf(mediaTypeOf(format));
}
