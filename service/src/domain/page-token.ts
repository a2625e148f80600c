import { isImageId } from './image-id.ts';
import type { ListFilter, ListPosition } from './listing.ts';
import type { Signer } from './signing.ts';

/**
 * `last_evaluated_key`: where a listing goes on, readable for us alone and bound by its signature to the
 * listing's filters and to the caller, so that it can be neither made up nor carried over to another one.
 */
export function encodePageToken(
  signer: Signer,
  position: ListPosition,
  filter: ListFilter,
  caller: string,
): string {
  const body = Buffer.from(`${position.upload_time} ${position.image_id}`).toString('base64url');
  return `${body}.${signer.sign(signedText(body, filter, caller))}`;
}

/** The position in a token, or undefined where the token is not ours, or of another listing or caller. */
export function decodePageToken(
  signer: Signer,
  token: string,
  filter: ListFilter,
  caller: string,
): ListPosition | undefined {
  const dot = token.indexOf('.');
  if (dot < 1) return undefined;
  const body = token.slice(0, dot);
  if (!signer.verify(signedText(body, filter, caller), token.slice(dot + 1))) return undefined;
  const [upload_time, image_id] = Buffer.from(body, 'base64url').toString().split(' ');
  if (upload_time === undefined || image_id === undefined || !isImageId(image_id)) return undefined;
  return { upload_time, image_id };
}

function signedText(body: string, filter: ListFilter, caller: string): string {
  const { user_id = null, tags, uploaded, order, status } = filter;
  const span = [uploaded.from ?? null, uploaded.before ?? null];
  return JSON.stringify([body, caller, user_id, tags, ...span, order, ...(status ? [status] : [])]);
}
