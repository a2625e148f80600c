import type { Caller } from '../domain/caller.ts';
import { linkNotFound } from '../domain/share-link.ts';
import type { Deps } from './deps.ts';
import { eventOf } from './steps/audit.ts';
import { findImage } from './steps/find-image.ts';
import { earliestNow } from './steps/live-links.ts';

/**
 * Ends a link at once. The URL of the bytes that somebody was given by it before lives for some minutes more.
 * @throws DomainError `not_found` where the image has no such link, or it has expired.
 */
export async function revokeLink(
  deps: Pick<Deps, 'index' | 'links' | 'clock'>,
  caller: Caller,
  { image_id, link_id }: { readonly image_id: string; readonly link_id: string },
): Promise<void> {
  const image = await findImage(deps, caller, image_id);
  const event = eventOf(deps, { caller, action: 'revoke-link' }, image);
  const revoked = await deps.links.revoke(image.image_id, link_id, earliestNow(deps.clock), event);
  if (!revoked) throw linkNotFound(image.user_id);
}
