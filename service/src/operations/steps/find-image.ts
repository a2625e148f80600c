import { mayActFor } from '../../domain/access.ts';
import type { Caller } from '../../domain/caller.ts';
import { imageNotFound } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import { isImageId } from '../../domain/image-id.ts';
import type { Deps } from '../deps.ts';

/**
 * The record of an image that the caller can see; what lies in the trash is none.
 * @throws DomainError `not_found`
 */
export async function findImage(
  deps: Pick<Deps, 'index'>,
  caller: Caller,
  image_id: string,
): Promise<ImageRecord> {
  const image = await findEvenInTrash(deps, caller, image_id);
  if (image.deleted_at !== null) throw imageNotFound(image.user_id);
  return image;
}

/**
 * The same, in the trash or not. Somebody else's image is read before it is refused: so it takes as long as
 * one that does not exist.
 * @throws DomainError `not_found`
 */
export async function findEvenInTrash(
  { index }: Pick<Deps, 'index'>,
  caller: Caller,
  image_id: string,
): Promise<ImageRecord> {
  const image = isImageId(image_id) ? await index.get(image_id) : undefined;
  if (!image || !mayActFor(caller, image.user_id)) throw imageNotFound(image?.user_id);
  return image;
}
