import type { AuditEvent } from '../service/src/domain/audit-event.ts';
import type { ImageRecord } from '../service/src/domain/image.ts';
import { type ImageId, newImageId } from '../service/src/domain/image-id.ts';
import { imageObjectKey } from '../service/src/domain/object-key.ts';
import { PRESET_NAMES } from '../service/src/domain/rendition.ts';

/** Owners' ids are UUIDs, as many services have them. */
export const USUAL_USER = '0198c2a4-7d1e-7c33-9f52-6a1b2c3d4e5f';

/** A ready image with a name and a title, without a description, as process-image leaves it. */
export function usualRecord({
  image_id = newImageId(Date.parse('2026-05-04T03:02:01.000Z')),
  user_id = USUAL_USER,
  upload_time = '2026-05-04T03:02:01.000Z',
  tags,
}: {
  readonly image_id?: ImageId;
  readonly user_id?: string;
  readonly upload_time?: string;
  readonly tags: readonly string[];
}): ImageRecord {
  return {
    image_id,
    user_id,
    filename: 'osprey.jpg',
    title: 'Osprey at dusk',
    description: null,
    tags,
    content_type: 'image/jpeg',
    size_bytes: 812_345,
    width: 4032,
    height: 3024,
    checksum_sha256: '5e'.repeat(32),
    status: 'ready',
    rejection_reason: null,
    version: 1,
    revision: 1,
    created_at: upload_time,
    upload_time,
    updated_at: upload_time,
    deleted_at: null,
    object_key: imageObjectKey(user_id, image_id, 1),
    upload: null,
    background_revision: 1,
    placeholder: { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' },
    presets: { format: 'webp', names: PRESET_NAMES },
    exif: {
      camera_make: 'Canon',
      camera_model: 'Canon EOS R6',
      exposure_time: '1/1250',
      f_number: 5.6,
      iso: 400,
      focal_length_mm: 400,
      taken_at: '2026-05-03T19:41:07',
    },
    accepted_at: upload_time,
    former_versions: [],
  };
}

/** A change by its owner, behind a gateway that names requests by UUIDs. */
export function usualEvent({
  event_id = newImageId(Date.parse('2026-05-04T03:02:01.000Z')),
  user_id = USUAL_USER,
  at = '2026-05-04T03:02:01.000Z',
}: Partial<Pick<AuditEvent, 'event_id' | 'at'>> & { readonly user_id?: string }): AuditEvent {
  return {
    event_id,
    at,
    actor: user_id,
    action: 'update-image',
    image_id: newImageId(Date.parse(at)),
    user_id,
    outcome: 'done',
    request_id: '0198c2a4-7d1e-4c33-9f52-6a1b2c3d4e5f',
    address: '203.0.113.17',
  };
}

/** So many tags of six letters. */
export function tagsOf(count: number): string[] {
  return Array.from({ length: count }, (_unused, at) => `tag-${String(at + 1).padStart(2, '0')}`);
}
