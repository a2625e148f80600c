import * as z from 'zod';
import { imageSchema } from './schemas.ts';

/** What the answers about direct uploads look like. */

const instant = z.iso.datetime({ precision: 3 });

const part = z
  .strictObject({
    number: z.int().meta({ description: 'From 1.' }),
    size_bytes: z.int(),
    url: z.url().meta({ description: 'PUT just these bytes here.' }),
  })
  .meta({ id: 'UploadPart' });

const ends = {
  expires_at: instant.meta({ description: 'When what was signed ends.' }),
  max_size_bytes: z.int().meta({ description: 'What the store takes: the size announced.' }),
};

const signedUpload = z.discriminatedUnion('method', [
  z.strictObject({
    method: z.literal('post'),
    url: z.url(),
    fields: z.record(z.string(), z.string()).meta({
      description: 'Send each of them as a field of a multipart/form-data POST, then the bytes as `file`.',
    }),
    ...ends,
  }),
  z.strictObject({
    method: z.literal('put'),
    url: z.url(),
    headers: z.record(z.string(), z.string()).meta({ description: 'Send each of them with the PUT.' }),
    ...ends,
  }),
  z.strictObject({
    method: z.literal('parts'),
    part_size_bytes: z.int().meta({ description: 'Of every part but the last.' }),
    parts: z.array(part),
    ...ends,
  }),
]);

export const startedUploadSchema = z
  .strictObject({ image: imageSchema, upload: signedUpload })
  .meta({ id: 'StartedUpload' });

export const partsSchema = z
  .strictObject({
    part_size_bytes: z.int(),
    arrived: z.array(z.strictObject({ number: z.int(), size_bytes: z.int() })),
    parts: z.array(part).meta({ description: 'Those that are missing, with fresh URLs.' }),
    expires_at: instant.meta({ description: 'When these URLs end.' }),
    upload_expires_at: instant.meta({ description: 'When the upload itself ends.' }),
  })
  .meta({ id: 'UploadParts' });
