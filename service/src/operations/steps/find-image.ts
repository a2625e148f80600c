import { imageNotFound } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import { isImageId } from '../../domain/image-id.ts';
import type { Deps } from '../deps.ts';

/**
 * The record of an image that callers can see; what lies in the trash is none.
 * @throws DomainError `not_found`
 */
export async function findImage({ index }: Pick<Deps, 'index'>, image_id: string): Promise<ImageRecord> {
  const image = isImageId(image_id) ? await index.get(image_id) : undefined;
  if (!image || image.deleted_at !== null) throw imageNotFound();
  return image;
}
