import { DomainError } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { MediaType } from '../../domain/media-type.ts';
import { imageIdOfRendition, type ObjectKey, renditionObjectKey } from '../../domain/object-key.ts';
import { mediaTypeOf, planRendition, presetsFor, type RenditionPlan } from '../../domain/rendition.ts';
import { type NamedRendition, renditionName, renditionOfName } from '../../domain/rendition-name.ts';
import type { OpenObject } from '../../ports/object-store.ts';
import type { Deps } from '../deps.ts';
import { type MakeRenditionDeps, makeUnlessThere } from '../steps/make-rendition.ts';

export type RenderMissingDeps = Pick<Deps, 'presetFormat'> & MakeRenditionDeps;

/** A rendition that is there now. Whoever is given it closes it. */
export interface FoundRendition {
  readonly object: OpenObject;
  readonly content_type: MediaType;
}

/**
 * The rendition under a key, for which whoever stands in front of the store has looked in vain: made if its name is
 * one that we could have given out for this image as it is now, and read from where it is kept, so that it is the
 * same for everybody. Signatures have been checked before.
 * @throws DomainError `not_found` for every other key, and where the image may not be served; `conflict` where it
 *   has as many renditions as one may have.
 */
export async function renderMissing(deps: RenderMissingDeps, key: ObjectKey): Promise<FoundRendition> {
  const owner = imageIdOfRendition(key);
  const image = owner && (await deps.index.get(owner.image_id));
  if (image?.status !== 'ready' || image.deleted_at !== null) throw noSuchRendition();
  const name = key.slice(key.lastIndexOf('/') + 1);
  const named = renditionOfName(name);
  const plan = named && planOf(deps, image, named);
  // It names the user and the version as well.
  const ours = renditionObjectKey(image.user_id, image.image_id, image.version, name);
  if (!plan || ours !== key) throw noSuchRendition();
  await makeUnlessThere(deps, image, key, plan);
  const object = await deps.objects.open(key);
  // Its image has just been removed.
  if (!object) throw noSuchRendition();
  return { object, content_type: mediaTypeOf(plan.format) };
}

/** What is made under a name; undefined for a name that this image has given to none. */
function planOf(
  { presetFormat }: Pick<Deps, 'presetFormat'>,
  { width, height, placeholder, presets }: ImageRecord,
  named: NamedRendition,
): RenditionPlan | undefined {
  // Until it has been decoded nobody knows which way up it is.
  if (placeholder === null || width === null || height === null) return undefined;
  const size = { width, height };
  if ('plan' in named) {
    const planned = planRendition(named.plan, size);
    return renditionName(planned) === renditionName(named.plan) ? planned : undefined;
  }
  const { preset, format } = named;
  if (format !== (presets?.format ?? presetFormat)) return undefined;
  return presetsFor(size, format).find((each) => each.preset === preset)?.plan;
}

function noSuchRendition(): DomainError {
  return new DomainError('not_found', 'There is no such rendition.');
}
