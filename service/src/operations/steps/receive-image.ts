import { createHash } from 'node:crypto';
import { DomainError, payloadTooLarge } from '../../domain/errors.ts';
import { type ImageHeader, readImageHeader } from '../../domain/image-header.ts';
import type { Log } from '../../ports/log.ts';
import type { ObjectDraft } from '../../ports/object-store.ts';
import type { Deps, UploadLimits } from '../deps.ts';

/** An image whose bytes are all here and checked, but which has no name yet: commit or discard it. */
export interface ReceivedImage extends ImageHeader {
  readonly draft: ObjectDraft;
  readonly size_bytes: number;
  readonly checksum_sha256: string;
}

/**
 * Takes an image's bytes as they come: nothing is written before the header says that it is an image we
 * accept, and no more than the limit is ever taken. Memory does not grow with the image.
 */
export async function receiveImage(
  { objects, limits, log }: Pick<Deps, 'objects' | 'limits' | 'log'>,
  bytes: AsyncIterable<Uint8Array>,
): Promise<ReceivedImage> {
  const head = new Head(limits);
  const hash = createHash('sha256');
  let size = 0;
  let draft: ObjectDraft | undefined;
  try {
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > limits.maxImageBytes) throw payloadTooLarge('The image', limits.maxImageBytes);
      hash.update(chunk);
      if (draft) {
        await draft.write(chunk);
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
  for (const chunk of chunks) await draft.write(chunk);
}

/**
 * The bytes that have come before the header could be read. It is tried again each time they have
 * doubled, so that the work stays linear however small the pieces are.
 */
class Head {
  readonly chunks: Uint8Array[] = [];
  readonly #limits: UploadLimits;
  #size = 0;
  #nextTry = 1;
  #header: ImageHeader | undefined;

  constructor(limits: UploadLimits) {
    this.#limits = limits;
  }

  /** Adds a piece; true once the header is known. */
  add(chunk: Uint8Array): boolean {
    this.chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#nextTry) return false;
    this.#nextTry = this.#size * 2;
    this.#header = readImageHeader(this.#joined(), false, this.#limits);
    return this.#header !== undefined;
  }

  /** The header, when no more bytes will come. */
  finish(): ImageHeader {
    this.#header ??= readImageHeader(this.#joined(), true, this.#limits);
    if (!this.#header) throw new DomainError('unprocessable_image', 'The image has no readable header.');
    return this.#header;
  }

  #joined(): Uint8Array {
    const [only] = this.chunks;
    return only !== undefined && this.chunks.length === 1 ? only : Buffer.concat(this.chunks, this.#size);
  }
}
