import { DomainError } from '../domain/errors.ts';
import type { ImageId } from '../domain/image-id.ts';
import { imageIdOfLink, linkNotFound } from '../domain/share-link.ts';
import type { Deps } from './deps.ts';
import { earliestNow, lifeLeft } from './steps/live-links.ts';
import { expiryOf } from './steps/present-image.ts';

/** How much longer than a link that is revoked what it gave out may live: up to two such windows. */
const WINDOW_SECONDS = 300;

export interface OpenLinkInput {
  readonly link_id: string;
  /** Without it the answer is the same, and nothing is counted. */
  readonly counts: boolean;
}

export interface OpenedLink {
  readonly url: string;
  readonly image_id: ImageId;
}

/**
 * Where the bytes of a link's image can be fetched for some minutes, and no longer than the link lives. Nothing is
 * told of a link that is not live, nor of its image: that the one is looked for whether the other is there or not
 * keeps the two apart in time as well.
 * @throws DomainError `not_found`; `not_ready` where the link is live and its image cannot be shown.
 */
export async function openLink(
  deps: Pick<Deps, 'index' | 'links' | 'objects' | 'clock' | 'urlExpiresSeconds'>,
  { link_id, counts }: OpenLinkInput,
): Promise<OpenedLink> {
  const { index, links, objects, clock, urlExpiresSeconds } = deps;
  const image_id = imageIdOfLink(link_id);
  if (image_id === undefined) throw linkNotFound();
  const now = clock.now();
  const [link, image] = await Promise.all([links.find(link_id, earliestNow(clock)), index.get(image_id)]);
  const left = link && lifeLeft(link, clock);
  if (left === undefined || !image || image.deleted_at !== null) throw linkNotFound();
  if (image.status !== 'ready') {
    throw new DomainError('not_ready', 'The image cannot be shown now.');
  }
  // A store may sign for no longer than two windows of its own.
  const window = expiryOf({ clock, urlExpiresSeconds: Math.min(WINDOW_SECONDS, urlExpiresSeconds) });
  const linkEnds = Math.floor((now + left) / 1000) * 1000;
  const url = await objects.presignRead(image.object_key, {
    expires_at: Math.min(window, linkEnds),
    content_type: image.content_type,
    // Not under its name: that is its owner's.
    content_disposition: 'inline',
  });
  // Last, so that what is not given out is not counted.
  if (counts && !(await links.open(link_id, earliestNow(clock), clock.now()))) throw linkNotFound();
  return { url, image_id };
}
