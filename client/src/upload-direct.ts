import type { Image, StartedUpload } from './api-types.ts';
import { answered } from './connection.ts';
import { TintypeError } from './errors.ts';
import { type Retrying, retrying } from './retry.ts';
import { type Announcement, type Begun, completeUpload, startUpload } from './steps.ts';
import { uploadParts } from './upload-parts.ts';
import type { Upload } from './upload-under-way.ts';

type SignedPut = Extract<StartedUpload['upload'], { method: 'put' }>;

/** Browsers and Node say these themselves, and let nobody else do so. */
const OWN_HEADERS = ['content-length', 'host'];

/** Announces the image, sends its bytes to the store, and completes it. */
export async function uploadDirectly(upload: Upload, method: 'put' | 'parts'): Promise<Image> {
  const { connection, signal } = upload;
  const retry = { wait: connection.wait, signal };
  const begun = await begin(upload, method, retry);
  const { image_id } = begun.image;
  let isCompleting = false;
  const complete = () => {
    isCompleting = true;
    return retrying(() => completeUpload(connection, image_id, { signal }), retry);
  };
  if (begun.replayed && !(await isPending(upload, image_id, retry))) return complete();
  try {
    if (begun.upload.method === 'parts') {
      return await uploadParts(upload, { image_id, replayed: begun.replayed, ...begun.upload }, complete);
    }
    await putBytes(upload, begun, retry);
  } catch (error) {
    // Once it may be complete it is not ours to take back.
    if (!isCompleting) discard(upload, image_id);
    throw error;
  }
  return complete();
}

function begin(upload: Upload, method: 'put' | 'parts', retry: Retrying): Promise<Begun> {
  const { connection, bytes, fields, contentType, key, signal } = upload;
  const { tags, ...texts } = fields;
  const body: Announcement = {
    ...(texts as Partial<Record<keyof typeof texts, string>>),
    ...(tags && { tags: [...tags] }),
    // What the service does not know it refuses, and names what it does.
    content_type: contentType as Announcement['content_type'],
    size_bytes: bytes.size,
    method,
  };
  return retrying(() => startUpload(connection, body, { idempotencyKey: key, signal }), retry);
}

/** An earlier try under the same key may have come to its end, or it was sent and its answer lost. */
async function isPending(
  { connection, signal }: Upload,
  image_id: string,
  retry: Retrying,
): Promise<boolean> {
  const { data } = await retrying(
    () =>
      answered(
        connection.api.GET('/images/{image_id}', {
          params: { path: { image_id } },
          ...(signal && { signal }),
        }),
      ),
    retry,
  );
  return data.status === 'pending';
}

async function putBytes(upload: Upload, begun: Begun, retry: Retrying): Promise<void> {
  const { bytes, progress, sendBytes, signal } = upload;
  const send = (put: SignedPut) => {
    const headers = Object.entries(put.headers).filter(([name]) => !OWN_HEADERS.includes(name.toLowerCase()));
    const onSent = (sent: number) => progress.sent(1, sent);
    const request = {
      method: 'PUT' as const,
      url: put.url,
      headers: Object.fromEntries(headers),
      body: bytes,
    };
    return retrying(() => sendBytes({ ...request, signal, onSent }), retry);
  };
  try {
    await send(putOf(begun));
  } catch (error) {
    // What was signed has ended, after a long pause perhaps: under its key the announcement is signed anew.
    if (!(error instanceof TintypeError) || error.code !== 'forbidden') throw error;
    await send(putOf(await begin(upload, 'put', retry)));
  }
}

function putOf({ upload }: Begun): SignedPut {
  if (upload.method === 'put') return upload;
  throw new TintypeError('unexpected_answer', 201, 'The answer is none that was asked for.');
}

/**
 * What is announced takes room of the user's quota. If nobody can come back for it, it is given up at once,
 * as far as that can be told to the service; it ends by itself otherwise.
 */
function discard({ connection, mayBeTakenUp }: Upload, image_id: string): void {
  if (mayBeTakenUp) return;
  const query = { permanent: 'true' as const };
  connection.api.DELETE('/images/{image_id}', { params: { path: { image_id }, query } }).catch(() => {});
}
