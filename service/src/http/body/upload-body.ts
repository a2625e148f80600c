import type { Context } from 'hono';
import { DomainError, invalidField } from '../../domain/errors.ts';
import { type UploadImageInput, uploadFields } from '../../operations/upload-image.ts';
import type { Env } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { bodyChunks, refuseAnnouncedOver } from './chunks.ts';
import { jsonUpload } from './json-body.ts';
import { multipartUpload } from './multipart-body.ts';

/** What a form may hold beside its file: boundaries, part headers and fields. */
const FORM_OVERHEAD = 1024 * 1024;

/** Reads an upload in the form that its content type names. */
export async function uploadBody(c: Context<Env>, maxImageBytes: number): Promise<UploadImageInput> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type.startsWith('image/')) return rawUpload(c, maxImageBytes);
  const [stray] = Object.keys(c.req.query());
  if (type === 'application/json') {
    if (stray !== undefined) throw invalidField(stray.slice(0, 64), 'belongs into the JSON body');
    const { fields, bytes } = await jsonUpload(c, maxImageBytes);
    const valid = validate(uploadFields, fields);
    return { bytes: oneByOne(bytes), fields: async () => valid };
  }
  if (type === 'multipart/form-data') {
    if (stray !== undefined) throw invalidField(stray.slice(0, 64), 'belongs into the form');
    refuseAnnouncedOver(c, maxImageBytes + FORM_OVERHEAD);
    const { bytes, fields } = multipartUpload(c);
    return { bytes, fields: async () => validate(uploadFields, await fields()) };
  }
  throw new DomainError(
    'unsupported_media_type',
    'Send application/json with `image_data`, multipart/form-data with `file`, or the bytes as image/*.',
  );
}

function rawUpload(c: Context<Env>, maxImageBytes: number): UploadImageInput {
  refuseAnnouncedOver(c, maxImageBytes);
  const fields = validate(uploadFields, queryOf(c, ['tags']));
  return { bytes: bodyChunks(c), fields: async () => fields };
}

async function* oneByOne(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
