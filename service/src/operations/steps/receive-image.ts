import { createHash } from 'node:crypto';
import { type DomainError, payloadTooLarge } from '../../domain/errors.ts';
import type { Log } from '../../ports/log.ts';
import type { ObjectDraft, ObjectStore } from '../../ports/object-store.ts';
import type { Deps, UploadLimits } from '../deps.ts';
import { ImageHead, type MeasuredImage } from './measure-image.ts';

/** An image whose bytes are all here and checked, but which has no name yet: commit or discard it. */
export interface ReceivedImage extends MeasuredImage {
  readonly draft: ObjectDraft;
}

/**
 * Takes an image's bytes as they come: nothing is written before the header says that it is an image we
 * accept, and no more than the limit is ever taken. Memory does not grow with the image.
 * @param bytes are given: a store may release the memory of each piece once it is written.
 */
export async function receiveImage(
  { objects, limits, log }: Pick<Deps, 'limits' | 'log'> & { readonly objects: Pick<ObjectStore, 'begin'> },
  bytes: AsyncIterable<Uint8Array>,
): Promise<ReceivedImage> {
  const head = new ImageHead(limits);
  const hash = createHash('sha256');
  let size = 0;
  let draft: ObjectDraft | undefined;
  try {
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > limits.maxInlineBytes) throw imageTooLarge(limits);
      hash.update(chunk);
      if (draft) {
        await draft.write(chunk, 'given');
      } else if (head.add(chunk)) {
        draft = await objects.begin();
        await writeAll(draft, head.chunks);
      }
    }
    const header = head.finish();
    if (!draft) {
      draft = await objects.begin();
      await writeAll(draft, head.chunks);
    }
    return { ...header, draft, size_bytes: size, checksum_sha256: hash.digest('hex') };
  } catch (error) {
    if (draft) await giveUp(draft, log);
    throw error;
  }
}

/** Where only the request is too small for it, with what takes it. */
export function imageTooLarge({ maxInlineBytes, maxImageBytes }: UploadLimits): DomainError {
  const isCarried = maxInlineBytes >= maxImageBytes;
  const remedy = isCarried ? undefined : 'Announce it at /images/uploads and send it to the store itself.';
  return payloadTooLarge('The image', maxInlineBytes, remedy);
}

/**
 * Discards a draft because of a failure, which the caller is to hear of even if this fails as well.
 * @returns whether it is gone.
 */
export async function giveUp(draft: ObjectDraft, log: Log): Promise<boolean> {
  try {
    await draft.discard();
    return true;
  } catch (cause) {
    log.error({ err: cause }, 'could not take back the bytes of a failed upload');
    return false;
  }
}

async function writeAll(draft: ObjectDraft, chunks: readonly Uint8Array[]): Promise<void> {
  for (const chunk of chunks) await draft.write(chunk, 'given');
}
