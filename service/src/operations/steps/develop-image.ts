import { createHash } from 'node:crypto';
import { DecoderEnded, isDomainError } from '../../domain/errors.ts';
import { exifOf } from '../../domain/exif.ts';
import type { ImageRecord, RejectionReason } from '../../domain/image.ts';
import type { Attempt } from '../../domain/job.ts';
import { renditionObjectKey } from '../../domain/object-key.ts';
import { presetFileName } from '../../domain/rendition-name.ts';
import type { OpenObject } from '../../ports/object-store.ts';
import type { DevelopedImage, RenderedImage, SourceImage } from '../../ports/renderer.ts';
import type { Deps } from '../deps.ts';
import { withdrawalOf } from './remove-image.ts';
import { rewriteImage } from './rewrite-image.ts';

export type DevelopDeps = Pick<Deps, 'index' | 'objects' | 'renderer' | 'presetFormat' | 'log'> & {
  /** Whether what is told of an image says where it was taken. */
  readonly keepGps: boolean;
};

/** How often an image may end its decoder before it is taken to be the reason. */
const TRIES_OF_A_DECODER = 3;

/**
 * Makes what is shown of an image that is ready, or nearly so: its presets and placeholder, and what its file says of it.
 * One that cannot be decoded is rejected. Done again it makes the same.
 * @returns the record as it is then; undefined where there are no such bytes any more.
 */
export async function developImage(
  deps: DevelopDeps,
  image: ImageRecord,
  attempt: Attempt,
): Promise<ImageRecord | undefined> {
  if (image.placeholder !== null) return image;
  const object = await deps.objects.open(image.object_key);
  // Deleted meanwhile; or lost, and for doctor to find.
  if (!object) return undefined;
  let developed: DevelopedImage;
  try {
    developed = await decode(deps, image, object);
  } catch (error) {
    const reason = reasonOf(error, attempt);
    if (reason === undefined) throw error;
    return await reject(deps, image, reason);
  } finally {
    await object.close();
  }
  return keepPresets(deps, image, developed);
}

async function decode(
  { renderer, presetFormat }: DevelopDeps,
  { content_type }: ImageRecord,
  object: OpenObject,
): Promise<DevelopedImage> {
  const source = sourceOf(object, content_type);
  try {
    return await renderer.develop(source, { format: presetFormat });
  } catch (error) {
    // What kept the bytes from the decoder is not the image's fault, however often it happens.
    throw source.failure() ?? error;
  }
}

/** An open object as a decoder is given it; what went wrong in reading it is remembered. */
export function sourceOf(
  object: OpenObject,
  content_type: SourceImage['content_type'],
): SourceImage & { failure(): unknown } {
  const { size_bytes } = object;
  let failed: { readonly cause: unknown } | undefined;
  return {
    content_type,
    size_bytes,
    async *stream() {
      try {
        yield* object.stream(0, size_bytes);
      } catch (cause) {
        failed = { cause };
        throw cause;
      }
    },
    failure: () => failed?.cause,
  };
}

/** Why an image is to be rejected for a failure; undefined for what may be better the next time. */
function reasonOf(error: unknown, { number }: Attempt): string | undefined {
  if (isDomainError(error, 'unprocessable_image')) return error.message;
  if (error instanceof DecoderEnded && number >= TRIES_OF_A_DECODER) {
    return 'It ends its decoder each time.';
  }
  return undefined;
}

async function reject(deps: DevelopDeps, image: ImageRecord, why: string): Promise<ImageRecord | undefined> {
  const word: RejectionReason = 'undecodable';
  const rejection_reason = `${word}: ${why}`;
  deps.log.warn({ image_id: image.image_id, rejection_reason }, 'an image has been rejected');
  return rewriteImage(
    deps,
    image,
    // Where it is `scanning`, it has been let through, and waits for the rest.
    ({ status }) =>
      status === 'ready' || status === 'scanning' ? { status: 'rejected', rejection_reason } : undefined,
    // It may have been served by now.
    [withdrawalOf(image)],
  );
}

/** Bytes first, then the record that says that they are there. */
async function keepPresets(
  deps: DevelopDeps,
  image: ImageRecord,
  developed: DevelopedImage,
): Promise<ImageRecord | undefined> {
  const { user_id, image_id, version } = image;
  const { presetFormat: format } = deps;
  // At the same time: on a disk they then share the syncs that each has to wait for.
  const keys = await Promise.all(
    developed.presets.map(async ({ preset, ...rendered }) => {
      const key = renditionObjectKey(user_id, image_id, version, presetFileName(preset, format));
      await keepRendered(deps, key, rendered);
      return key;
    }),
  );
  const { width, height, placeholder, exif } = developed;
  const names = developed.presets.map(({ preset }) => preset);
  const written = await rewriteImage(deps, image, () => ({
    width,
    height,
    placeholder,
    presets: { format, names },
    exif: exif && exifOf(exif, deps),
  }));
  // Gone, or another version by now: nobody else knows of what has just been stored.
  if (!written) await Promise.all(keys.map((key) => deps.objects.delete(key)));
  return written;
}

/** Stores a rendition, whose bytes are given, under its key; one that is there already stays. */
export async function keepRendered(
  { objects }: Pick<Deps, 'objects'>,
  key: string,
  { bytes, content_type }: RenderedImage,
): Promise<void> {
  const draft = await objects.begin();
  try {
    const checksum_sha256 = createHash('sha256').update(bytes).digest('hex');
    await draft.write(bytes, 'given');
    await draft.commit(key, { content_type, checksum_sha256 });
  } catch (error) {
    await draft.discard();
    if (!isDomainError(error, 'conflict')) throw error;
  }
}
