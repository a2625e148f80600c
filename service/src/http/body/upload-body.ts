import type { Context } from 'hono';
import { DomainError, invalidField } from '../../domain/errors.ts';
import { userIdText } from '../../domain/text.ts';
import type { AnnouncedImage } from '../../operations/steps/upload-room.ts';
import { type UploadImageInput, uploadFields } from '../../operations/upload-image.ts';
import type { Env } from '../context.ts';
import { agreedKey, keyInHeader } from '../idempotency-key.ts';
import { queryOf, validate } from '../input.ts';
import { bodyChunks, contentLength, refuseAnnouncedOver } from './chunks.ts';
import { jsonUpload } from './json-body.ts';
import { FORM_OVERHEAD, multipartUpload } from './multipart-body.ts';

/** An upload as its request has it; of a body nothing is read yet where its idempotency key is known without. */
export async function uploadInput(c: Context<Env>, maxImageBytes: number): Promise<UploadImageInput> {
  const idempotency_key = keyInHeader(c);
  if (idempotency_key === undefined) return uploadBody(c, maxImageBytes);
  let reading: Promise<UploadImageInput> | undefined;
  const body = () => {
    reading ??= uploadBody(c, maxImageBytes);
    return reading;
  };
  return {
    idempotency_key,
    announced: async () => (await body()).announced?.(),
    bytes: bytesOf(body),
    fields: async () => (await body()).fields(),
  };
}

async function* bytesOf(body: () => Promise<UploadImageInput>): AsyncGenerator<Uint8Array> {
  yield* (await body()).bytes;
}

/** Reads an upload in the form that its content type names. */
async function uploadBody(c: Context<Env>, maxImageBytes: number): Promise<UploadImageInput> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type.startsWith('image/')) return rawUpload(c, maxImageBytes);
  const [stray] = Object.keys(c.req.query());
  if (type === 'application/json') {
    if (stray !== undefined) throw invalidField(stray.slice(0, 64), 'belongs into the JSON body');
    const { fields, bytes, sizeBytes: size_bytes } = await jsonUpload(c, maxImageBytes);
    const { idempotency_key: sent, ...said } = fields;
    const valid = validate(uploadFields, said);
    const idempotency_key = agreedKey(c, sent);
    const announced = async () => ({ user_id: valid.user_id, size_bytes });
    return { idempotency_key, announced, bytes: oneByOne(bytes), fields: async () => valid };
  }
  if (type === 'multipart/form-data') {
    if (stray !== undefined) throw invalidField(stray.slice(0, 64), 'belongs into the form');
    refuseAnnouncedOver(c, maxImageBytes + FORM_OVERHEAD);
    const { bytes, early, fields } = multipartUpload(c);
    return {
      announced: () => ownerOf(early),
      bytes,
      fields: async () => validate(uploadFields, await fields()),
    };
  }
  throw new DomainError(
    'unsupported_media_type',
    'Send application/json with `image_data`, multipart/form-data with `file`, or the bytes as image/*.',
  );
}

function rawUpload(c: Context<Env>, maxImageBytes: number): UploadImageInput {
  refuseAnnouncedOver(c, maxImageBytes);
  const fields = validate(uploadFields, queryOf(c, ['tags']));
  const announced = async () => ({ user_id: fields.user_id, size_bytes: contentLength(c) });
  return { announced, bytes: bodyChunks(c), fields: async () => fields };
}

/** Whose image a form says it is, where it says so before the image; how large that is, no form says. */
async function ownerOf(early: (name: string) => Promise<unknown>): Promise<AnnouncedImage | undefined> {
  const { data: user_id } = userIdText.safeParse(await early('user_id'));
  return user_id === undefined ? undefined : { user_id, size_bytes: undefined };
}

async function* oneByOne(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
