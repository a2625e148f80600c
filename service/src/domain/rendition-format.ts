import type { MediaType } from './media-type.ts';
import type { RenditionFormat } from './rendition.ts';

export interface FormatChoice {
  /** What was asked for; `auto`: what suits the program that asks. */
  readonly asked: RenditionFormat | 'auto';
  /** The `Accept` header (RFC 9110, section 12.5.1). */
  readonly accept: string | undefined;
  readonly source: MediaType;
  /** Whether AVIF may be chosen: it is small, and slow to make. */
  readonly avif: boolean;
}

export interface ChosenFormat {
  readonly format: RenditionFormat;
  /** Whether the answer depends on `Accept`, so that caches must be told. */
  readonly varies: boolean;
}

/**
 * The format of a rendition. Of the new ones only those that are accepted by name count, as browsers send them:
 * who says `image/*` or `*` for all gets what everything can show, JPEG of a JPEG and otherwise PNG, which
 * keeps transparency. What may be an animation is never made AVIF unasked, for it would stand still.
 */
export function formatFor({ asked, accept, source, avif }: FormatChoice): ChosenFormat {
  if (asked !== 'auto') return { format: asked, varies: false };
  const accepted = acceptedByName(accept ?? '');
  const mayMove = source === 'image/gif' || source === 'image/webp';
  if (avif && !mayMove && accepted.has('image/avif')) return { format: 'avif', varies: true };
  if (accepted.has('image/webp')) return { format: 'webp', varies: true };
  return { format: source === 'image/jpeg' ? 'jpeg' : 'png', varies: true };
}

/** The media ranges with a weight above 0. */
function acceptedByName(accept: string): ReadonlySet<string> {
  const ranges = accept.toLowerCase().split(',');
  return new Set(
    ranges.flatMap((range) => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
      return parameters.some((parameter) => /^q\s*=\s*0(\.0*)?$/.test(parameter)) ? [] : [type];
    }),
  );
}
