import type { ImageRecord } from '../../src/domain/image.ts';
import { newImageId } from '../../src/domain/image-id.ts';
import { imageObjectKey } from '../../src/domain/object-key.ts';

/** A ready image of alice's, uploaded in May 2026, but for what is said otherwise. */
export function sampleRecord(differing: Partial<ImageRecord> = {}): ImageRecord {
  const upload_time = differing.upload_time ?? '2026-05-04T03:02:01.000Z';
  const image_id = differing.image_id ?? newImageId(Date.parse(upload_time));
  const user_id = differing.user_id ?? 'alice';
  return {
    filename: 'osprey.jpg',
    title: 'Osprey',
    description: 'At dusk.\nBy the lake.',
    tags: ['bird', 'dusk'],
    content_type: 'image/jpeg',
    size_bytes: 294,
    width: 8,
    height: 6,
    checksum_sha256: '5e'.repeat(32),
    status: 'ready',
    rejection_reason: null,
    version: 1,
    revision: 1,
    created_at: upload_time,
    updated_at: upload_time,
    deleted_at: null,
    object_key: imageObjectKey(user_id, image_id, 1),
    upload: null,
    background_revision: 0,
    placeholder: null,
    presets: null,
    exif: null,
    accepted_at: upload_time,
    former_versions: [],
    ...differing,
    image_id,
    user_id,
    upload_time,
  };
}
