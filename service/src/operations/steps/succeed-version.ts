import { DomainError, isDomainError } from '../../domain/errors.ts';
import {
  currentVersionOf,
  type FormerVersion,
  type ImageRecord,
  objectKeysOf,
  storedBytes,
} from '../../domain/image.ts';
import type { WithdrawImage } from '../../domain/job.ts';
import type { Deps } from '../deps.ts';
import { type Doing, eventOf } from './audit.ts';
import { findImage } from './find-image.ts';
import { jobsOnArrival } from './jobs-on-arrival.ts';

/** How often the change is applied anew to what somebody else has just written. */
const TRIES = 10;

/** The bytes of a version to come. */
export type NextVersion = Pick<
  FormerVersion,
  'content_type' | 'size_bytes' | 'width' | 'height' | 'checksum_sha256' | 'object_key' | 'status'
>;

/**
 * Makes other bytes the image's current version, and what it has now a former one. Former versions beyond
 * those that are to be kept go, with what was made of the version before.
 * @param next the bytes, for the record as it is; called again where that has changed meanwhile.
 * @returns the record as it is then.
 */
export async function succeed(
  deps: Pick<Deps, 'index' | 'quotas' | 'clock' | 'keepVersions' | 'statusOnArrival' | 'log'>,
  doing: Doing,
  image_id: string,
  next: (previous: ImageRecord) => Promise<NextVersion>,
): Promise<ImageRecord> {
  for (let tries = 1; ; tries++) {
    const previous = await findImage(deps, doing.caller, image_id);
    mustHaveBytes(previous);
    const image = following(deps, previous, await next(previous));
    const dropped = [...objectKeysOf(previous)].filter((key) => !objectKeysOf(image).has(key));
    const withdrawal: WithdrawImage = {
      kind: 'withdraw-image',
      image_id: image.image_id,
      user_id: image.user_id,
      object_keys: dropped,
    };
    try {
      await deps.index.replace(
        previous,
        image,
        [...jobsOnArrival(image), withdrawal],
        eventOf(deps, doing, image),
      );
      await giveBackDropped(deps, previous, image);
      return image;
    } catch (error) {
      if (!isDomainError(error, 'conflict') || tries === TRIES) throw error;
    }
  }
}

function following(
  { clock, keepVersions }: Pick<Deps, 'clock' | 'keepVersions'>,
  previous: ImageRecord,
  next: NextVersion,
): ImageRecord {
  const now = new Date(clock.now()).toISOString();
  return {
    ...previous,
    ...next,
    version: previous.version + 1,
    revision: 1,
    rejection_reason: null,
    placeholder: null,
    presets: null,
    exif: null,
    accepted_at: now,
    updated_at: now,
    former_versions: [currentVersionOf(previous), ...previous.former_versions].slice(0, keepVersions),
  };
}

/** The room of versions that are not kept any more; a failure is only logged, since the image is as it is. */
async function giveBackDropped(
  { quotas, log }: Pick<Deps, 'quotas' | 'log'>,
  previous: ImageRecord,
  image: ImageRecord,
): Promise<void> {
  const bytes = storedBytes(previous) + image.size_bytes - storedBytes(image);
  const isNew = !objectKeysOf(previous).has(image.object_key);
  const dropped = isNew ? bytes : storedBytes(previous) - storedBytes(image);
  if (dropped <= 0) return;
  await quotas.giveBack(image.user_id, { images: 0, bytes: dropped }).catch((cause: unknown) => {
    const fields = { err: cause, image_id: image.image_id, bytes: dropped };
    log.error(fields, 'the quota of dropped versions could not be given back; doctor mends it');
  });
}

/** @throws DomainError `conflict` for an image whose first bytes are still on their way. */
export function mustHaveBytes({ status }: Pick<ImageRecord, 'status'>): void {
  if (status !== 'pending') return;
  throw new DomainError('conflict', 'The image is still being uploaded. Complete that first.');
}

/** @throws DomainError `conflict` for a version whose bytes were found to be none that may be served. */
export function mustBeServable({ status, version }: FormerVersion): void {
  if (status === 'rejected') {
    throw new DomainError('conflict', `Version ${version} was rejected, and cannot be restored.`);
  }
}
