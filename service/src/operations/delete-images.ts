import * as z from 'zod';
import type { Caller } from '../domain/caller.ts';
import { type DomainError, isDomainError } from '../domain/errors.ts';
import { isImageId } from '../domain/image-id.ts';
import { type DeleteDeps, deleteImage } from './delete-image.ts';
import type { Deps } from './deps.ts';
import { recordRefusal } from './steps/audit.ts';

/** Most images of one request. */
const MOST_IMAGES = 100;

/** How many are deleted at the same time. */
const AT_ONCE = 8;

export const bulkDeletion = z.strictObject({
  image_ids: z
    .array(z.string())
    .min(1, `must be 1 to ${MOST_IMAGES} ids`)
    .max(MOST_IMAGES, `must be 1 to ${MOST_IMAGES} ids`)
    .meta({ description: 'Of the images that are to go; one that is named twice goes once.' }),
  permanent: z.boolean().default(false).meta({ description: 'Past the trash, or out of it.' }),
});

export type BulkDeletion = z.output<typeof bulkDeletion>;

/** What became of one image: gone, or why not. */
export interface BulkDeleted {
  readonly image_id: string;
  readonly failure: DomainError | undefined;
}

/** Deletes several images, each for itself: that one fails does not keep the others. */
export async function deleteImages(
  deps: DeleteDeps & Pick<Deps, 'audit'>,
  caller: Caller,
  { image_ids, permanent }: BulkDeletion,
): Promise<readonly BulkDeleted[]> {
  const wanted = [...new Set(image_ids)];
  const outcomes: BulkDeleted[] = [];
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const batch = wanted.slice(at, at + AT_ONCE);
    outcomes.push(
      ...(await Promise.all(batch.map((image_id) => deleteOne(deps, caller, image_id, permanent)))),
    );
  }
  return outcomes;
}

async function deleteOne(
  deps: DeleteDeps & Pick<Deps, 'audit'>,
  caller: Caller,
  image_id: string,
  permanent: boolean,
): Promise<BulkDeleted> {
  try {
    await deleteImage(deps, caller, { image_id, permanent, if_match: undefined }, 'delete-images');
    return { image_id, failure: undefined };
  } catch (error) {
    if (!isDomainError(error)) throw error;
    if (error.cause !== undefined)
      deps.log.error({ err: error.cause, image_id }, 'an image could not be deleted');
    const named = isImageId(image_id) ? image_id : undefined;
    await recordRefusal(deps, { caller, action: 'delete-images' }, named, error);
    return { image_id, failure: error };
  }
}
