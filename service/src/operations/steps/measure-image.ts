import { createHash } from 'node:crypto';
import { DomainError } from '../../domain/errors.ts';
import { type HeaderLimits, type ImageHeader, readImageHeader } from '../../domain/image-header.ts';
import { releaseMemory } from '../../domain/release-memory.ts';

/** What is known of an image once all of its bytes have been seen. */
export interface MeasuredImage extends ImageHeader {
  readonly size_bytes: number;
  readonly checksum_sha256: string;
}

/** Measures bytes that are kept somewhere already, in one pass. Memory does not grow with the image. */
export async function measureImage(
  limits: HeaderLimits,
  bytes: AsyncIterable<Uint8Array>,
): Promise<MeasuredImage> {
  const head = new ImageHead(limits);
  const hash = createHash('sha256');
  let size = 0;
  let known = false;
  for await (const chunk of bytes) {
    size += chunk.length;
    hash.update(chunk);
    if (!known) known = head.add(chunk);
  }
  return { ...head.finish(), size_bytes: size, checksum_sha256: hash.digest('hex') };
}

/**
 * The bytes that have come before the header could be read. It is tried again each time they have
 * doubled, so that the work stays linear however small the pieces are.
 */
export class ImageHead {
  readonly chunks: Uint8Array[] = [];
  readonly #limits: HeaderLimits;
  #size = 0;
  #nextTry = 1;
  #header: ImageHeader | undefined;

  constructor(limits: HeaderLimits) {
    this.#limits = limits;
  }

  /** Adds a piece; true once the header is known. */
  add(chunk: Uint8Array): boolean {
    this.chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#nextTry) return false;
    this.#nextTry = this.#size * 2;
    this.#header = this.#read(false);
    return this.#header !== undefined;
  }

  /** The header, when no more bytes will come. */
  finish(): ImageHeader {
    this.#header ??= this.#read(true);
    if (!this.#header) throw new DomainError('unprocessable_image', 'The image has no readable header.');
    return this.#header;
  }

  #read(complete: boolean): ImageHeader | undefined {
    const [only] = this.chunks;
    if (only !== undefined && this.chunks.length === 1) return readImageHeader(only, complete, this.#limits);
    const joined = Buffer.concat(this.chunks, this.#size);
    try {
      return readImageHeader(joined, complete, this.#limits);
    } finally {
      // Of a header that is long in coming these are megabytes.
      releaseMemory(joined);
    }
  }
}
