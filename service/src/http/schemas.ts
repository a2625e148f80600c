import * as z from 'zod';
import { AUDIT_OUTCOMES } from '../domain/audit-event.ts';
import { MEDIA_TYPES } from '../domain/media-type.ts';
import { exifSchema, placeholderSchema } from './image-details-schemas.ts';

/** What answers look like, for the OpenAPI document and the tests that hold answers against it. */

const instant = z.iso.datetime({ precision: 3 }).meta({ example: '2026-11-21T17:03:05.123Z' });

const renditionSchema = z
  .strictObject({ url: z.url(), width: z.int(), height: z.int() })
  .meta({ id: 'Rendition' });

const summary = {
  image_id: z.uuid().meta({ example: '019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11' }),
  user_id: z.string(),
  filename: z.string().nullable(),
  title: z.string().nullable(),
  tags: z.array(z.string()),
  content_type: z.enum(MEDIA_TYPES),
  size_bytes: z.int(),
  width: z.int().nullable().meta({
    description:
      'Pixels, as shown; until `placeholder` is there, before any EXIF orientation. Null while `pending`.',
  }),
  height: z.int().nullable(),
  status: z.enum(['pending', 'scanning', 'ready', 'rejected']),
  rejection_reason: z
    .string()
    .nullable()
    .meta({
      description:
        'Why the image is not served: `infected: NAME`, `too_large_to_scan`, `unscannable`, `undecodable: WHY` or ' +
        '`location_not_removable`; ' +
        '`scanner_unavailable` while `scanning`, where the scan has failed and is tried again.',
    }),
  version: z.int().meta({ description: "Counts the replacements of the image's bytes, from 1." }),
  created_at: instant.meta({ description: 'When the record was made.' }),
  upload_time: instant.meta({ description: 'When the bytes were accepted; the order of listings.' }),
  updated_at: instant,
  deleted_at: instant.nullable(),
  url: z.url().nullable().meta({ description: 'Presigned URL of the bytes; null unless `ready`.' }),
  url_expires_at: instant.nullable(),
  placeholder: placeholderSchema.nullable().meta({ description: 'Null until it has been made.' }),
  renditions: z
    .strictObject({
      thumb: renditionSchema.optional(),
      small: renditionSchema.optional(),
      medium: renditionSchema.optional(),
      large: renditionSchema.optional(),
    })
    .meta({ description: 'The presets that exist, each with a URL that ends with `url`.' }),
};

export const imageSummarySchema = z.strictObject(summary).meta({ id: 'ImageSummary' });

export const imageSchema = z
  .strictObject({
    ...summary,
    description: z.string().nullable(),
    exif: exifSchema.nullable(),
    checksum_sha256: z
      .string()
      .nullable()
      .meta({
        description:
          'SHA-256 of the bytes that are stored, in hex; while `pending` as announced, or null. Where the service is ' +
          'set to remove where images were taken, those may differ from what was sent.',
      }),
  })
  .meta({ id: 'Image' });

export const versionSchema = z
  .strictObject({
    version: z.int(),
    content_type: z.enum(MEDIA_TYPES),
    size_bytes: z.int(),
    width: z.int().nullable(),
    height: z.int().nullable(),
    checksum_sha256: z.string().nullable(),
    status: summary.status,
    accepted_at: instant.meta({ description: 'When its bytes were accepted.' }),
    is_current: z.boolean(),
    url: summary.url,
    url_expires_at: summary.url_expires_at,
  })
  .meta({ id: 'Version' });

export const imageListSchema = z
  .strictObject({
    items: z.array(imageSummarySchema),
    count: z.int().meta({ description: 'How many items this page has.' }),
    last_evaluated_key: z.string().nullable().meta({
      description:
        'Send it back for the next page; null on the last. A page may be short, even empty, and not be the last.',
    }),
  })
  .meta({ id: 'ImageList' });

export const auditEventSchema = z
  .strictObject({
    event_id: z.uuid(),
    at: instant,
    actor: z.string().nullable().meta({
      description: 'The user whose token it was; null where nobody was asked who they are.',
    }),
    action: z.string().meta({ description: "The operation's name.", example: 'delete-image' }),
    image_id: z.uuid().nullable(),
    user_id: z.string().nullable().meta({ description: 'Whose image, or images, it is about.' }),
    outcome: z.enum(AUDIT_OUTCOMES),
    request_id: z.string(),
    address: z.string().nullable().meta({ description: 'Where the request came from, as far as is known.' }),
  })
  .meta({ id: 'AuditEvent' });

export const auditEventListSchema = z
  .strictObject({
    items: z.array(auditEventSchema),
    count: imageListSchema.shape.count,
    last_evaluated_key: imageListSchema.shape.last_evaluated_key,
  })
  .meta({ id: 'AuditEventList' });

const limit = (what: string) =>
  z
    .int()
    .nullable()
    .meta({ description: `${what}; null: without a limit.` });

export const usageSchema = z
  .strictObject({
    user_id: z.string(),
    images: z.int().meta({ description: 'Uploads under way included.' }),
    bytes: z.int(),
    max_images: limit('Most images'),
    max_bytes: limit('Most bytes of images'),
  })
  .meta({ id: 'Usage' });

export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable; tell errors apart by this.', example: 'not_found' }),
    error: z.string().meta({ description: 'The same sentence as `detail`.' }),
    request_id: z.string(),
    errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });
