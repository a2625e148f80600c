import * as z from 'zod';
import { MAX_EXIF_TEXT } from '../domain/exif.ts';

/** What answers say of an image's pixels and of the camera, where that is known. */

const name = z.string().min(1).max(MAX_EXIF_TEXT).optional();

const gps = z
  .strictObject({
    latitude: z.number().min(-90).max(90).meta({ description: 'Degrees north.' }),
    longitude: z.number().min(-180).max(180).meta({ description: 'Degrees east.' }),
    altitude: z.number().optional().meta({ description: 'Metres above the sea.' }),
  })
  .meta({ id: 'GpsPosition' });

export const exifSchema = z
  .strictObject({
    camera_make: name.meta({ example: 'FUJIFILM' }),
    camera_model: name.meta({ example: 'X-T5' }),
    lens: name.meta({ example: 'XF35mmF1.4 R' }),
    exposure_time: z
      .string()
      .regex(/^(?:1\/[1-9]\d*|\d+(?:\.\d+)?)$/)
      .optional()
      .meta({ description: 'Seconds, as photographers write them.', example: '1/250' }),
    f_number: z.number().positive().optional().meta({ example: 2.8 }),
    iso: z.int().positive().optional().meta({ example: 400 }),
    focal_length_mm: z.number().positive().optional().meta({ example: 35 }),
    taken_at: z.iso.datetime({ local: true, offset: true, precision: 0 }).optional().meta({
      description:
        "By the camera's clock; with the offset from UTC only where the camera wrote it down, otherwise local time.",
      example: '2026-06-01T21:14:05+02:00',
    }),
    orientation: z
      .int()
      .min(1)
      .max(8)
      .optional()
      .meta({ description: "How the original's pixels are to be turned; renditions are upright." }),
    gps: gps.optional().meta({ description: 'Only where the service is set to keep it.' }),
  })
  .meta({ id: 'Exif', description: 'What the camera wrote down; what it did not is left out.' });

export const placeholderSchema = z
  .strictObject({
    thumbhash: z.base64().max(64).meta({
      description: 'A blurred picture in some 25 bytes (ThumbHash), to show until the image is there.',
      example: '1QcSHQRnh493V4dIh4eXh1h4kJUI',
    }),
    color: z
      .string()
      .regex(/^#[0-9a-f]{6}$/)
      .meta({ description: 'The dominant colour.', example: '#7a8c99' }),
  })
  .meta({ id: 'Placeholder' });
