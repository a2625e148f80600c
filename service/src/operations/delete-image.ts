import type { Caller } from '../domain/caller.ts';
import { imageNotFound, isDomainError, preconditionFailed } from '../domain/errors.ts';
import { etagOf, type ImageRecord } from '../domain/image.ts';
import { ifMatchAllows } from '../domain/precondition.ts';
import type { Deps } from './deps.ts';
import type { FunctionName } from './manifest.ts';
import { abandonUpload } from './steps/abandon-upload.ts';
import { type Doing, eventOf } from './steps/audit.ts';
import { findEvenInTrash } from './steps/find-image.ts';
import { type RemoveDeps, removeImage, withdrawalOf } from './steps/remove-image.ts';

export interface DeleteImageInput {
  readonly image_id: string;
  /** Past the trash, or out of it. */
  readonly permanent: boolean;
  /** The `If-Match` header, where there is one. */
  readonly if_match: string | undefined;
}

export type DeleteDeps = RemoveDeps & Pick<Deps, 'uploads' | 'clock' | 'trashDays'>;

/** How often a deletion is applied anew to what somebody else has just written. */
const TRIES = 10;

/**
 * Removes an image for good, or to the trash where there is one. An upload under way is ended, and is not
 * worth keeping.
 * @param action what the audit calls it.
 */
export async function deleteImage(
  deps: DeleteDeps,
  caller: Caller,
  { image_id, permanent, if_match }: DeleteImageInput,
  action: FunctionName = 'delete-image',
): Promise<void> {
  const image = await findEvenInTrash(deps, caller, image_id);
  if (image.deleted_at !== null && !permanent) throw imageNotFound(image.user_id);
  if (!ifMatchAllows(if_match, etagOf(image))) throw preconditionFailed();
  const doing = { caller, action };
  const stored = await withoutUpload(deps, image, doing);
  if (!stored) return;
  if (permanent || deps.trashDays === 0) await removeImage(deps, stored, doing);
  else await moveToTrash(deps, stored, if_match, doing);
}

/** Ends the upload of an image that has one under way; the image as it is if it was completed meanwhile. */
async function withoutUpload(
  deps: Parameters<typeof abandonUpload>[0],
  image: ImageRecord,
  doing: Doing,
): Promise<ImageRecord | undefined> {
  let current: ImageRecord | undefined = image;
  while (current?.upload) {
    if (await abandonUpload(deps, current, doing)) return undefined;
    current = await deps.index.get(image.image_id);
  }
  return current;
}

/** From now on it is in no list but the trash, and nobody is served it; its bytes and its room stay as they are. */
async function moveToTrash(
  { index, clock }: Pick<Deps, 'index' | 'clock'>,
  image: ImageRecord,
  if_match: string | undefined,
  doing: Doing,
): Promise<void> {
  let current: ImageRecord | undefined = image;
  for (let tries = 1; current && current.deleted_at === null; tries++) {
    if (!ifMatchAllows(if_match, etagOf(current))) throw preconditionFailed();
    const now = new Date(clock.now()).toISOString();
    const revision = current.revision + 1;
    try {
      const next = { ...current, deleted_at: now, updated_at: now, revision };
      await index.replace(current, next, [withdrawalOf(current)], eventOf({ clock }, doing, current));
      return;
    } catch (error) {
      if (isDomainError(error, 'not_found')) return;
      if (!isDomainError(error, 'conflict') || tries === TRIES) throw error;
      current = await index.get(image.image_id);
    }
  }
}
