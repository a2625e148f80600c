import * as z from 'zod';
import {
  DEFAULT_QUALITY,
  FITS,
  MAX_RENDITION_SIDE,
  RENDITION_FORMATS,
  type RenditionFormat,
  type RenditionRequest,
} from './rendition.ts';

/** A whole number as a query string carries it. */
function wholeNumber(most: number, description: string, example: string) {
  const message = `must be a whole number from 1 to ${most}`;
  return z
    .string()
    .regex(/^\d{1,4}$/, message)
    .transform(Number)
    .refine((number) => number >= 1 && number <= most, message)
    .optional()
    .meta({ description, example });
}

/** The modifiers of a rendition: all that can be asked for, in one place. */
export const renditionQuery = z
  .strictObject({
    w: wholeNumber(MAX_RENDITION_SIDE, `Width in pixels, up to ${MAX_RENDITION_SIDE}.`, '640'),
    h: wholeNumber(
      MAX_RENDITION_SIDE,
      `Height in pixels, up to ${MAX_RENDITION_SIDE}. With \`w\` alone it follows from the image, and the other way round.`,
      '480',
    ),
    fit: z
      .enum(FITS)
      .default('inside')
      .meta({
        description:
          'With both sides given: `inside` shows all of the image in up to that size, `cover` fills it and cuts off what ' +
          'is over, `contain` shows all and pads, `fill` distorts. Images are never enlarged: what is asked for beyond ' +
          'their pixels is made smaller in its proportions.',
      }),
    format: z
      .enum([...RENDITION_FORMATS, 'auto'])
      .default('auto')
      .meta({
        description:
          'With `auto` the `Accept` header decides: WebP (or AVIF, where the service is set to it) if it is named there, ' +
          'otherwise JPEG or PNG.',
      }),
    q: wholeNumber(100, 'Quality, 1 to 100; each format has its default, and PNG no use for it.', '80'),
  })
  .refine(({ w, h }) => w !== undefined || h !== undefined, {
    message: 'must be given, or h, or both',
    path: ['w'],
  });

export type RenditionQuery = z.output<typeof renditionQuery>;

/** What the modifiers ask for, once the format is settled (`formatFor`). */
export function requestOf({ w, h, fit, q }: RenditionQuery, format: RenditionFormat): RenditionRequest {
  return {
    ...(w !== undefined && { width: w }),
    ...(h !== undefined && { height: h }),
    fit,
    format,
    quality: q ?? DEFAULT_QUALITY[format],
    keep: 'centre',
  };
}
