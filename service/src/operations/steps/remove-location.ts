import { createHash } from 'node:crypto';
import { isDomainError, unavailable } from '../../domain/errors.ts';
import { type ImageRecord, objectKeysOf, type RejectionReason } from '../../domain/image.ts';
import type { CleanUpObject } from '../../domain/job.ts';
import { withoutLocation } from '../../domain/location/without-location.ts';
import { type ObjectKey, strippedObjectKey } from '../../domain/object-key.ts';
import type { Deps } from '../deps.ts';
import { rewriteImage } from './rewrite-image.ts';

export type RemoveLocationDeps = Pick<Deps, 'index' | 'objects' | 'jobs' | 'log'>;

/**
 * Makes an image that waits for it `ready`, with an original that does not say where it was taken: the one that
 * came, where that says nothing, or another object as long, to which the record then refers. That one's bytes
 * first, then the record, and with it the job that removes the former object. An image of which nobody can tell
 * is rejected. Done again it finds what is done.
 *
 * Memory holds the image twice.
 * @throws DomainError `unavailable` where bytes or record cannot be read or written now, or the bytes are damaged.
 */
export async function removeLocation(deps: RemoveLocationDeps, image: ImageRecord): Promise<void> {
  const bytes = await wholeOf(deps, image);
  // Deleted meanwhile, or rewritten by another try.
  if (!bytes) return;
  const found = withoutLocation(bytes, image.content_type);
  if (found.kind === 'impossible') return reject(deps, image, found.why);
  if (found.kind === 'changed') return refer(deps, image, found.bytes);
  await rewriteImage(deps, image, ({ status }) => (status === 'scanning' ? READY : undefined));
}

const READY = { status: 'ready', rejection_reason: null } as const;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Undefined where the bytes are gone. */
async function wholeOf({ objects }: RemoveLocationDeps, image: ImageRecord): Promise<Buffer | undefined> {
  const object = await objects.open(image.object_key);
  if (!object) return undefined;
  try {
    const bytes = Buffer.alloc(object.size_bytes);
    let at = 0;
    for await (const piece of object.stream(0, object.size_bytes)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    // What is damaged must not be sealed with a checksum of its own.
    if (at === bytes.length && sha256(bytes) === image.checksum_sha256) return bytes;
  } finally {
    await object.close();
  }
  throw unavailable(
    'The image cannot be read whole.',
    new Error('Its bytes are not those that were stored.'),
  );
}

async function reject(deps: RemoveLocationDeps, image: ImageRecord, why: string): Promise<void> {
  const rejection_reason: RejectionReason = 'location_not_removable';
  deps.log.warn({ image_id: image.image_id, rejection_reason, why }, 'an image has been rejected');
  await rewriteImage(deps, image, ({ status }) =>
    status === 'scanning' ? { status: 'rejected', rejection_reason } : undefined,
  );
}

async function refer(deps: RemoveLocationDeps, image: ImageRecord, bytes: Uint8Array): Promise<void> {
  const { image_id, object_key: before } = image;
  const checksum_sha256 = sha256(bytes);
  const object_key = strippedObjectKey(before, image.checksum_sha256 ?? '', checksum_sha256);
  await keep(deps, object_key, image, { bytes, checksum_sha256 });
  const now = { object_key, checksum_sha256 };
  const written = await rewriteImage(
    deps,
    image,
    ({ status, object_key: current, former_versions }) =>
      status === 'scanning' && current === before
        ? {
            ...READY,
            ...now,
            // A version that was restored shares its object with the one that it was.
            former_versions: former_versions.map((former) =>
              former.object_key === before ? { ...former, ...now } : former,
            ),
          }
        : undefined,
    [cleanUp(image_id, before)],
  );
  // Gone, replaced or rejected meanwhile, perhaps after another try: whether the object is still wanted is seen later.
  if (!written || !objectKeysOf(written).has(object_key))
    await deps.jobs.enqueue(cleanUp(image_id, object_key));
}

const cleanUp = (image_id: ImageRecord['image_id'], object_key: ObjectKey): CleanUpObject => ({
  kind: 'clean-up-object',
  image_id,
  object_key,
});

/** What an earlier try has stored there is the same: the key says of which bytes it is. */
async function keep(
  { objects }: RemoveLocationDeps,
  key: ObjectKey,
  { content_type }: ImageRecord,
  { bytes, checksum_sha256 }: { readonly bytes: Uint8Array; readonly checksum_sha256: string },
): Promise<void> {
  const draft = await objects.begin();
  try {
    await draft.write(bytes);
    await draft.commit(key, { content_type, checksum_sha256 });
  } catch (error) {
    await draft.discard();
    if (!isDomainError(error, 'conflict')) throw error;
  }
}
