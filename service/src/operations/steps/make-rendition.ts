import { DomainError, imageNotFound, unavailable } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import { type ObjectKey, versionRenditionsPrefix } from '../../domain/object-key.ts';
import type { RenditionPlan } from '../../domain/rendition.ts';
import type { Deps } from '../deps.ts';
import { keepRendered, sourceOf } from './develop-image.ts';

/** Distinct renditions of one version of an image, presets included: who asks for more is refused. */
export const MOST_RENDITIONS = 100;

export type MakeRenditionDeps = Pick<Deps, 'index' | 'objects' | 'renderer' | 'renderings'>;

/**
 * Makes a rendition unless it is there already. Several who ask this process for one at the same time wait for
 * one; of several processes each may make it, and the first that stores it is the one whose bytes stay.
 * @throws DomainError `conflict` where the image has as many as one may have; `not_found` or `not_ready` where it
 *   was removed or replaced meanwhile.
 */
export async function makeUnlessThere(
  deps: MakeRenditionDeps,
  image: ImageRecord,
  key: ObjectKey,
  plan: RenditionPlan,
): Promise<void> {
  const known = deps.renderings.get(key);
  if (known) return known;
  const rendering = renderUnlessThere(deps, image, key, plan).finally(() => deps.renderings.delete(key));
  deps.renderings.set(key, rendering);
  return rendering;
}

async function renderUnlessThere(
  deps: MakeRenditionDeps,
  image: ImageRecord,
  key: ObjectKey,
  plan: RenditionPlan,
): Promise<void> {
  const there = await deps.objects.open(key);
  if (there) return there.close();
  await mustHaveRoom(deps, image);
  const original = await deps.objects.open(image.object_key);
  if (!original) {
    await mustStillBeWanted(deps, image, key);
    throw unavailable('The bytes of the image cannot be found now.', undefined);
  }
  const source = sourceOf(original, image.content_type);
  try {
    const rendered = await deps.renderer.render(source, plan);
    await keepRendered(deps, key, rendered);
    await mustStillBeWanted(deps, image, key);
  } catch (error) {
    throw source.failure() ?? error;
  } finally {
    await original.close();
  }
}

/**
 * Of an image that was removed or replaced while this was made, its renditions have gone, or are about to:
 * this one must not stay behind.
 */
async function mustStillBeWanted(
  { index, objects }: Pick<Deps, 'index' | 'objects'>,
  { image_id, version }: ImageRecord,
  key: ObjectKey,
): Promise<void> {
  const current = await index.get(image_id);
  if (current?.version === version) return;
  await objects.delete(key);
  if (!current) throw imageNotFound();
  throw new DomainError('not_ready', 'The image has just been replaced.', { retry_after_seconds: 1 });
}

/** Sizes are for a page to choose from, not for a stranger to fill the store with. */
async function mustHaveRoom(
  { objects }: Pick<Deps, 'objects'>,
  { user_id, image_id, version }: ImageRecord,
): Promise<void> {
  const prefix = versionRenditionsPrefix(user_id, image_id, version);
  const there = (await objects.countBelow?.(prefix)) ?? (await counted(objects.list(prefix)));
  if (there < MOST_RENDITIONS) return;
  throw new DomainError(
    'conflict',
    `There are ${MOST_RENDITIONS} renditions of this image, as many as one may have: use one of those.`,
  );
}

async function counted(listed: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of listed) count++;
  return count;
}
