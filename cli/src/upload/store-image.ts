import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { TintypeError } from '@tintype/client';
import { OperatorError } from '../../../service/src/domain/operator-error.ts';
import type { Tintype } from '../connection.ts';
import type { LocalImage } from './find-images.ts';
import { type StoredImage, type StoredImages, viewIfThere } from './stored-images.ts';

/** What is said of every image of a run. */
export interface SaidOfImages {
  readonly user_id?: string;
  readonly title?: string;
  readonly tags?: readonly string[];
}

export interface Store {
  readonly tintype: Tintype;
  readonly stored: StoredImages;
  readonly said: SaidOfImages;
  /** Takes note of an answer that was the kept one to an earlier request; false where none was. */
  readonly takeReplay: (key: string) => boolean;
}

export interface Sending {
  readonly signal: AbortSignal;
  readonly onSent: (bytes: number) => void;
}

/** What was not uploaded for a reason of the file's own, as a sentence part that follows its name. */
export class FileFailure extends OperatorError {
  override readonly name = 'FileFailure';
}

/** How many images of the same bytes a user may have deleted again within a day. */
const MOST_KEYS = 16;

/**
 * Uploads a file, unless the service has its bytes, and resolves with the image. However often that is begun, by
 * however many runs at once, it makes one image: its idempotency key follows from whose it is and from its bytes.
 * @throws FileFailure where the file is to blame, TintypeError where the service refuses it, the signal's reason.
 */
export async function storeImage(
  store: Store,
  file: LocalImage,
  checksum: string,
  sending: Sending,
): Promise<{ readonly outcome: 'uploaded' | 'present'; readonly image_id: string }> {
  const { stored } = store;
  const found = await stored.find(file.size, checksum);
  if (found) return present(found);
  for (let turn = 0; turn < MOST_KEYS; turn++) {
    try {
      const key = keyOf(store.said.user_id, checksum, turn);
      const image = await send(store, file, { checksum, key }, sending);
      // An answer kept for a day may be of an image that was deleted since: then the next key's turn has come.
      if (store.takeReplay(key)) {
        const now = await viewIfThere(store.tintype, image.image_id);
        if (!now) continue;
        mustNotBeRejected(now);
      }
      return { outcome: 'uploaded', image_id: image.image_id };
    } catch (error) {
      if (!isOfEarlierUpload(error)) throw await fileChanged(file, error);
      const there = await stored.findNow(file.size, checksum, sending.signal);
      if (there) return present(there);
    }
  }
  throw new FileFailure('was uploaded and deleted again too often today; try again tomorrow');
}

function present(image: StoredImage): { readonly outcome: 'present'; readonly image_id: string } {
  mustNotBeRejected(image);
  return { outcome: 'present', image_id: image.image_id };
}

function mustNotBeRejected({ image_id, status, rejection_reason }: StoredImage): void {
  if (status !== 'rejected') return;
  throw new FileFailure(`was uploaded before, as ${image_id}, and rejected: ${rejection_reason}`);
}

async function send(
  { tintype, said }: Store,
  { path, size }: LocalImage,
  { checksum, key }: { readonly checksum: string; readonly key: string },
  { signal, onSent }: Sending,
): Promise<StoredImage> {
  // Not a copy of the file in memory: it is read as it is sent, and reading fails once it is another.
  const bytes = await openAsBlob(path);
  if (bytes.size !== size) throw new FileFailure(CHANGED);
  return tintype.upload(bytes, {
    ...said,
    filename: fileName(path),
    checksum_sha256: checksum,
    idempotencyKey: key,
    signal,
    onProgress: ({ sent }) => onSent(sent),
  });
}

/** A name that the service takes: names of files may hold anything but a slash. */
function fileName(path: string): string {
  return [
    ...basename(path)
      .toWellFormed()
      .replaceAll(/\p{Cc}/gu, '_'),
  ]
    .slice(-255)
    .join('');
}

/** Says nothing of user or bytes to whoever sees it, and fits into a header. */
function keyOf(user: string | undefined, checksum: string, turn: number): string {
  const what = JSON.stringify(['tintype upload', user ?? null, checksum, turn]);
  return `tintype-${createHash('sha256').update(what).digest('hex')}`;
}

/**
 * What the key belongs to is not this upload: it was of other words, or it has ended, or its image is gone. (A
 * request that is still being worked on is a conflict, too, but one with a time to wait.)
 */
function isOfEarlierUpload(error: unknown): boolean {
  if (!(error instanceof TintypeError)) return false;
  const { code, retryAfterSeconds } = error;
  if (code === 'conflict') return retryAfterSeconds === undefined;
  return code === 'idempotency_key_reused' || code === 'not_found';
}

const CHANGED = 'has changed while it was being uploaded';

/** What a failure comes of, if the file is another one now. */
async function fileChanged({ path, size, changed }: LocalImage, error: unknown): Promise<unknown> {
  if (!(error instanceof TintypeError)) return error;
  const now = await stat(path).catch(() => undefined);
  return now?.size === size && now.mtimeMs === changed ? error : new FileFailure(CHANGED, { cause: error });
}
