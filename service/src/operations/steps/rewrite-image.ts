import { DomainError, isDomainError } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { Job } from '../../domain/job.ts';
import type { Deps } from '../deps.ts';

/** How often a change is applied anew to what somebody else has just written. */
const TRIES = 10;

/** What background work may change: nothing that a caller says of an image, and no revision of theirs. */
export type BackgroundChange = Partial<
  Pick<
    ImageRecord,
    | 'status'
    | 'rejection_reason'
    | 'width'
    | 'height'
    | 'placeholder'
    | 'presets'
    | 'exif'
    | 'object_key'
    | 'checksum_sha256'
    | 'former_versions'
  >
>;

/**
 * Writes what background work has found of one version of an image, whatever callers change meanwhile.
 * @param change what is to be written over the record as it is now; undefined: nothing.
 * @param jobs what follows from it, if anything is written.
 * @returns the record as it is then, or undefined where there is no such version any more.
 */
export async function rewriteImage(
  { index }: Pick<Deps, 'index'>,
  { image_id, version }: Pick<ImageRecord, 'image_id' | 'version'>,
  change: (current: ImageRecord) => BackgroundChange | undefined,
  jobs?: readonly Job[],
): Promise<ImageRecord | undefined> {
  for (let tries = 1; ; tries++) {
    const current = await index.get(image_id);
    if (current?.version !== version) return undefined;
    const changes = change(current);
    if (!changes) return current;
    const background_revision = current.background_revision + 1;
    const next: ImageRecord = { ...current, ...changes, background_revision };
    try {
      await index.replace(current, next, jobs);
      return next;
    } catch (error) {
      if (isDomainError(error, 'not_found')) return undefined;
      if (!isDomainError(error, 'conflict')) throw error;
      if (tries === TRIES) {
        throw new DomainError('unavailable', 'The image is changed all the time.', { cause: error });
      }
    }
  }
}
