import type { ImageRecord } from '../../src/domain/image.ts';
import { newImageId } from '../../src/domain/image-id.ts';
import { imageObjectKey, uploadObjectKey } from '../../src/domain/object-key.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { sampleRecord } from './sample-record.ts';
import { MIB } from './stored-bytes.ts';

/** An upload in parts as start-upload makes it, but for its end, which was long ago. */
export async function expiredUpload(
  { index, uploads }: Pick<Deps, 'index' | 'uploads'>,
  user_id: string,
): Promise<ImageRecord> {
  const image_id = newImageId(Date.now());
  const record = sampleRecord({
    image_id,
    user_id,
    status: 'pending',
    object_key: imageObjectKey(user_id, image_id, 1),
    upload: {
      method: 'parts',
      expires_at: '2026-05-04T03:02:01.000Z',
      parts_id: await uploads.beginParts(uploadObjectKey(user_id, image_id), 'image/jpeg'),
      part_size_bytes: 8 * MIB,
    },
  });
  await index.insert(record);
  return record;
}
