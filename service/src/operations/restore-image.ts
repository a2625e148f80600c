import type { Caller } from '../domain/caller.ts';
import { isDomainError, preconditionFailed } from '../domain/errors.ts';
import { etagOf, type ImageRecord } from '../domain/image.ts';
import { ifMatchAllows } from '../domain/precondition.ts';
import type { Deps } from './deps.ts';
import { eventOf } from './steps/audit.ts';
import { findEvenInTrash } from './steps/find-image.ts';
import { jobsOnArrival } from './steps/jobs-on-arrival.ts';
import { type ImageView, type PresignDeps, presentImage } from './steps/present-image.ts';

export interface RestoreImageInput {
  readonly image_id: string;
  /** The `If-Match` header, where there is one. */
  readonly if_match: string | undefined;
}

export interface RestoreImageOutput extends ImageView {
  readonly image: ImageRecord;
}

/** How often the change is applied anew to what somebody else has just written. */
const TRIES = 10;

/** Takes an image out of the trash, to where it was before. One that lies there no more does not exist. */
export async function restoreImage(
  deps: Pick<Deps, 'index'> & PresignDeps,
  caller: Caller,
  { image_id, if_match }: RestoreImageInput,
): Promise<RestoreImageOutput> {
  for (let tries = 1; ; tries++) {
    const previous = await findEvenInTrash(deps, caller, image_id);
    if (!ifMatchAllows(if_match, etagOf(previous))) throw preconditionFailed();
    // Done again it answers alike.
    if (previous.deleted_at === null)
      return { image: previous, ...(await presentImage(deps, previous, 'inline')) };
    const updated_at = new Date(deps.clock.now()).toISOString();
    const revision = previous.revision + 1;
    const image: ImageRecord = { ...previous, deleted_at: null, updated_at, revision };
    try {
      // It may have gone into the trash before it was processed.
      const jobs = image.placeholder === null ? jobsOnArrival(image) : [];
      await deps.index.replace(
        previous,
        image,
        jobs,
        eventOf(deps, { caller, action: 'restore-image' }, image),
      );
      return { image, ...(await presentImage(deps, image, 'inline')) };
    } catch (error) {
      if (!isDomainError(error, 'conflict') || tries === TRIES) throw error;
    }
  }
}
