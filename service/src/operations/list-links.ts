import type { Caller } from '../domain/caller.ts';
import type { ShareLink } from '../domain/share-link.ts';
import type { Deps } from './deps.ts';
import { findImage } from './steps/find-image.ts';
import { earliestNow, lifeLeft } from './steps/live-links.ts';

/** The links by which an image may be seen now, the newest first. */
export async function listLinks(
  deps: Pick<Deps, 'index' | 'links' | 'clock'>,
  caller: Caller,
  image_id: string,
): Promise<readonly ShareLink[]> {
  const image = await findImage(deps, caller, image_id);
  const links = await deps.links.list(image.image_id, earliestNow(deps.clock));
  return links.filter((link) => lifeLeft(link, deps.clock) !== undefined);
}
