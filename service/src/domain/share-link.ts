import { DomainError } from './errors.ts';
import { type ImageId, isImageId } from './image-id.ts';

/** Lets whoever has it see one image, until it expires or is revoked. */
export interface ShareLink {
  /** Whoever knows it may see the image: it is in no log and in no event of the audit. */
  readonly link_id: string;
  readonly image_id: ImageId;
  /** Whose image it is. */
  readonly user_id: string;
  /** Who made it; null where nobody is asked who they are. */
  readonly created_by: string | null;
  /** ISO 8601, UTC, milliseconds, as are the other times. */
  readonly created_at: string;
  /** From this very millisecond on it shows nothing. */
  readonly expires_at: string;
  /** How often it has been opened. */
  readonly views: number;
  readonly last_viewed_at: string | null;
}

/** 32 bytes in base64url (RFC 4648, section 5): the image's id, by which it is found, then what nobody can guess. */
const LINK_ID = /^[A-Za-z0-9_-]{43}$/;
const IMAGE_ID_BYTES = 16;
const SECRET_BYTES = 16;

/** @param secret 16 bytes that nobody can guess. */
export function newLinkId(image_id: ImageId, secret: Uint8Array): string {
  if (secret.length !== SECRET_BYTES) throw new Error(`A link's secret has ${SECRET_BYTES} bytes.`);
  const id = Buffer.from(image_id.replaceAll('-', ''), 'hex');
  return Buffer.concat([id, secret]).toString('base64url');
}

/** The image that a link is to, or undefined for what can be no link's id. */
export function imageIdOfLink(link_id: string): ImageId | undefined {
  if (!LINK_ID.test(link_id)) return undefined;
  const bytes = Buffer.from(link_id, 'base64url');
  // Of the last character two bits count for nothing: there is one spelling of each id.
  if (bytes.toString('base64url') !== link_id) return undefined;
  const hex = bytes.toString('hex', 0, IMAGE_ID_BYTES);
  const image_id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return isImageId(image_id) ? image_id : undefined;
}

/** True until the millisecond in which the link expires. @param now milliseconds since 1970. */
export function isLive({ expires_at }: Pick<ShareLink, 'expires_at'>, now: number): boolean {
  return Date.parse(expires_at) > now;
}

/** The order in which links are listed: the newest first. */
export function newestFirst(a: ShareLink, b: ShareLink): number {
  const order = ({ created_at, link_id }: ShareLink) => `${created_at} ${link_id}`;
  return order(a) < order(b) ? 1 : -1;
}

/**
 * Unknown, revoked, expired, or to an image that is gone: these are never told apart.
 * @param owner whose image it is, where the caller may see that.
 */
export function linkNotFound(owner?: string): DomainError {
  return new DomainError('not_found', 'There is no such link.', { owner });
}
