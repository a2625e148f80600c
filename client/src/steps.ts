import type { Image, operations, StartedUpload, UploadParts } from './api-types.ts';
import { answered, type Connection } from './connection.ts';

/** What is announced of an image whose bytes go straight to the store. */
export type Announcement = operations['start-upload']['requestBody']['content']['application/json'];

export interface StepOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface StartOptions extends StepOptions {
  /** Makes the request safe to repeat for 24 hours. */
  readonly idempotencyKey?: string | undefined;
}

/** What came of announcing an upload. */
export interface Begun extends StartedUpload {
  /** An earlier request under the same key has announced it. */
  readonly replayed: boolean;
}

export async function startUpload(
  { api }: Connection,
  body: Announcement,
  { idempotencyKey, signal }: StartOptions = {},
): Promise<Begun> {
  const header = idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey };
  const { data, response } = await answered(
    api.POST('/images/uploads', { params: { header }, body, ...(signal && { signal }) }),
  );
  return { ...data, replayed: response.headers.has('idempotency-replayed') };
}

export async function listParts(
  { api }: Connection,
  image_id: string,
  { signal }: StepOptions = {},
): Promise<UploadParts> {
  const { data } = await answered(
    api.GET('/images/{image_id}/parts', { params: { path: { image_id } }, ...(signal && { signal }) }),
  );
  return data;
}

export async function completeUpload(
  { api }: Connection,
  image_id: string,
  { signal }: StepOptions = {},
): Promise<Image> {
  const { data } = await answered(
    api.POST('/images/{image_id}/complete', { params: { path: { image_id } }, ...(signal && { signal }) }),
  );
  return data;
}
