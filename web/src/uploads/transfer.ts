import { type Image, mediaTypeOf, type TintypeClient, TintypeError } from '@tintype/client';
import { type AcceptedFiles, refusalOf } from './acceptance.ts';
import { Lanes } from './lanes.ts';
import { REFUSED, UNREADABLE } from './problems.ts';
import { type SendPart, sendPart } from './send-part.ts';

/** What is told of a transfer while it goes on. */
export interface TransferWatch {
  readonly signal: AbortSignal;
  /** How many bytes the service or the store has; after a break it may be less than before. */
  onSent(bytes: number): void;
  /** All bytes are there, and the service looks at them: from here on an image may come of it at any moment. */
  onAllSent(): void;
}

/** One file on its way, which can be broken off and run again: it takes up what has arrived. */
export interface Transfer {
  /**
   * Sends what is missing. However often it runs, one image is made.
   * @throws TintypeError; the signal's reason, when it is broken off.
   */
  run(watch: TransferWatch): Promise<Image>;
  /**
   * Removes what has come of it: what is announced takes of the user's room. Not while it runs.
   * @throws TintypeError where that could not be done.
   */
  discard(): Promise<void>;
}

/**
 * Up to this size a file goes with the request that makes the image, which on AWS takes no more. Sending so
 * little again after a break is cheaper than announcing, sending and completing it; the client reports its
 * progress, and tries again by itself. Whatever is larger goes in parts, of which those that have arrived
 * need not be sent again.
 */
export const MOST_IN_ONE_REQUEST = 4 * 1024 * 1024;

/** Of one file: one alone does not fill a line with a long way, and what is broken off of each is sent again. */
const PARTS_AT_A_TIME = 2;

/** Of all files: browsers have six connections to a host, and the gallery needs some meanwhile. */
const lanes = new Lanes(4);

type Client = Pick<
  TintypeClient,
  'upload' | 'startUpload' | 'listParts' | 'completeUpload' | 'view' | 'delete'
>;

export interface TransferOptions {
  readonly client: Client;
  readonly user_id: string;
  readonly accepted: AcceptedFiles;
  readonly send?: SendPart;
}

export function createTransfer(file: File, options: TransferOptions): Transfer {
  return file.size <= MOST_IN_ONE_REQUEST
    ? new SmallTransfer(file, options)
    : new TransferInParts(file, options);
}

class SmallTransfer implements Transfer {
  readonly #file: File;
  readonly #options: TransferOptions;
  readonly #key = newKey();
  /** Set once all of it was sent: whether an image has come of it is not known until the answer is there. */
  #wasSent = false;
  #imageId: string | undefined;

  constructor(file: File, options: TransferOptions) {
    this.#file = file;
    this.#options = options;
  }

  async run({ signal, onSent, onAllSent }: TransferWatch): Promise<Image> {
    const { client, user_id, accepted } = this.#options;
    const content_type = await typeToAnnounce(this.#file, accepted);
    signal.throwIfAborted();
    const image = await client.upload(this.#file, {
      user_id,
      filename: this.#file.name,
      content_type,
      idempotencyKey: this.#key,
      signal,
      onProgress: ({ sent, total }) => {
        onSent(sent);
        if (sent < total) return;
        this.#wasSent = true;
        onAllSent();
      },
    });
    this.#imageId = image.image_id;
    return image;
  }

  /**
   * What has not arrived whole leaves nothing behind. Where the answer got lost, the same request under the same key
   * says which image it was.
   */
  async discard(): Promise<void> {
    if (!this.#wasSent) return;
    const image_id = this.#imageId ?? (await this.#sentAgain())?.image_id;
    if (image_id !== undefined) await this.#options.client.delete(image_id, { permanent: true });
    this.#wasSent = false;
    this.#imageId = undefined;
  }

  /** Undefined: it was refused, and no image came of it. */
  async #sentAgain(): Promise<Image | undefined> {
    try {
      return await this.run({ signal: new AbortController().signal, onSent() {}, onAllSent() {} });
    } catch (error) {
      const isRefused = error instanceof TintypeError && error.status >= 400 && error.status < 500;
      if (isRefused && error.status !== 401 && error.status !== 429) return undefined;
      throw error;
    }
  }
}

type Part = Awaited<ReturnType<Client['listParts']>>['parts'][number];

/** Which parts are to be sent yet. */
interface Standing {
  readonly part_size_bytes: number;
  readonly parts: readonly Part[];
}

class TransferInParts implements Transfer {
  readonly #file: File;
  readonly #options: TransferOptions;
  #key = newKey();
  /** Set as soon as the service may know of the upload. */
  #isAnnounced = false;
  #imageId: string | undefined;

  constructor(file: File, options: TransferOptions) {
    this.#file = file;
    this.#options = options;
  }

  async run(watch: TransferWatch): Promise<Image> {
    const { client } = this.#options;
    const { signal } = watch;
    const standing = await this.#standing(signal);
    if ('image_id' in standing) return standing;
    await this.#sendParts(standing, watch);
    watch.onAllSent();
    try {
      return await client.completeUpload(this.#idOf(), { signal });
    } catch (error) {
      // Bytes that are refused are removed, with the record: another try is another upload.
      if (
        error instanceof TintypeError &&
        error.status >= 400 &&
        error.status < 500 &&
        error.code !== 'conflict'
      ) {
        await this.#forgetIfGone(signal);
      }
      throw error;
    }
  }

  async discard(): Promise<void> {
    if (!this.#isAnnounced) return;
    // The answer that had its id may be lost; under its key it comes again.
    if (this.#imageId === undefined) await this.#announce();
    await this.#options.client.delete(this.#idOf(), { permanent: true });
    this.#forget();
  }

  /** What is to be sent, or the image where an earlier run has made it and its answer was lost. */
  async #standing(signal: AbortSignal): Promise<Standing | Image> {
    const { client } = this.#options;
    if (!this.#isAnnounced) return this.#announce(signal);
    // What is signed under a key is all parts; what of them has arrived is asked for.
    if (this.#imageId === undefined) await this.#announce(signal);
    try {
      return await client.listParts(this.#idOf(), { signal });
    } catch (error) {
      if (!(error instanceof TintypeError) || (error.code !== 'conflict' && error.code !== 'not_found'))
        throw error;
    }
    const image = await this.#made(signal);
    if (image && image.status !== 'pending') return image;
    if (image) {
      try {
        // An earlier completion may have been cut off after it had joined the parts.
        return await client.completeUpload(image.image_id, { signal });
      } catch (error) {
        if (!(error instanceof TintypeError) || error.code !== 'conflict') throw error;
      }
      // It has ended. What is left of it goes first, so that there never are two.
      await client.delete(image.image_id, { permanent: true });
    }
    this.#forget();
    return this.#announce(signal);
  }

  async #announce(signal?: AbortSignal): Promise<Standing> {
    const { client, user_id, accepted } = this.#options;
    const content_type = await typeToAnnounce(this.#file, accepted);
    signal?.throwIfAborted();
    this.#isAnnounced = true;
    const announcement = {
      user_id,
      filename: this.#file.name,
      content_type: content_type as 'image/jpeg',
      size_bytes: this.#file.size,
      method: 'parts' as const,
    };
    const idempotencyKey = this.#key;
    const { image, upload } = await client.startUpload(announcement, {
      idempotencyKey,
      ...(signal && { signal }),
    });
    this.#imageId = image.image_id;
    if (upload.method !== 'parts') {
      throw new TintypeError('unexpected_answer', 201, 'The service did not answer as was asked.');
    }
    return upload;
  }

  async #sendParts({ part_size_bytes, parts }: Standing, { signal, onSent }: TransferWatch): Promise<void> {
    const { size } = this.#file;
    const send = this.#options.send ?? sendPart;
    const missing = parts.reduce((sum, part) => sum + part.size_bytes, 0);
    const sent = new Map<number, number>();
    const tell = () => onSent(size - missing + [...sent.values()].reduce((sum, bytes) => sum + bytes, 0));
    tell();
    const left = [...parts];
    const failures: unknown[] = [];
    const sendOne = async ({ number, size_bytes, url }: Part) => {
      const from = (number - 1) * part_size_bytes;
      const bytes = this.#file.slice(from, from + size_bytes);
      const count = (bytesSent: number) => {
        sent.set(number, bytesSent);
        tell();
      };
      await send({ url, bytes, signal, onSent: count });
      count(size_bytes);
    };
    const work = async () => {
      // After the first that fails no further one is begun; those under way may arrive, and then count.
      for (let part = left.shift(); part && failures.length === 0; part = left.shift()) {
        const next = part;
        await lanes.run(() => sendOne(next)).catch((error: unknown) => failures.push(error));
      }
    };
    await Promise.all(Array.from({ length: PARTS_AT_A_TIME }, work));
    signal.throwIfAborted();
    if (failures.length === 0) return;
    // A request whose body cannot be read fails as one without a connection does.
    await readStart(this.#file);
    throw failures[0];
  }

  /** The image as the service has it; undefined where it has none. */
  async #made(signal: AbortSignal): Promise<Image | undefined> {
    try {
      return await this.#options.client.view(this.#idOf(), { signal });
    } catch (error) {
      if (error instanceof TintypeError && error.code === 'not_found') return undefined;
      throw error;
    }
  }

  async #forgetIfGone(signal: AbortSignal): Promise<void> {
    const image = await this.#made(signal).catch(() => 'unknown');
    if (image === undefined) this.#forget();
  }

  #forget(): void {
    this.#key = newKey();
    this.#isAnnounced = false;
    this.#imageId = undefined;
  }

  #idOf(): string {
    if (this.#imageId === undefined) throw new Error('The upload has not been announced.');
    return this.#imageId;
  }
}

/** @throws TintypeError where the bytes are no image that is accepted, or cannot be read. */
async function typeToAnnounce(file: File, accepted: AcceptedFiles): Promise<string> {
  await readStart(file);
  const type = await mediaTypeOf(file);
  const refusal = refusalOf(file, accepted, type ?? 'unknown');
  if (refusal !== undefined || type === undefined) throw new TintypeError(REFUSED, 0, refusal ?? '');
  return type;
}

/** @throws TintypeError `unreadable_file` */
async function readStart(file: File): Promise<void> {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch (cause) {
    throw new TintypeError(UNREADABLE, 0, 'The file cannot be read.', { cause });
  }
}

/** 128 random bits in hex: pages without TLS have no `randomUUID`. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
