import type { Caller } from '../domain/caller.ts';
import { DomainError, imageNotFound, unavailable } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import { type ObjectKey, renditionObjectKey, versionRenditionsPrefix } from '../domain/object-key.ts';
import {
  mediaTypeOf,
  type PresetName,
  planRendition,
  presetsFor,
  type RenditionFormat,
  type RenditionPlan,
} from '../domain/rendition.ts';
import { formatFor } from '../domain/rendition-format.ts';
import { presetFileName, renditionName } from '../domain/rendition-name.ts';
import { type RenditionQuery, requestOf } from '../domain/rendition-query.ts';
import type { Deps } from './deps.ts';
import { keepRendered, sourceOf } from './steps/develop-image.ts';
import { findImage } from './steps/find-image.ts';
import { expiryOf, type PresignDeps, presignRendition } from './steps/present-image.ts';

/** Distinct renditions of one version of an image, presets included: who asks for more is refused. */
export const MOST_RENDITIONS = 100;

export interface RenderImageInput {
  readonly image_id: string;
  /** One of the presets, or what is asked for. */
  readonly wanted: { readonly preset: PresetName } | RenditionQuery;
  /** The `Accept` header, where there is one. */
  readonly accept: string | undefined;
}

export interface RenderImageOutput {
  /** Where the rendition can be fetched. */
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly expires_at: number;
  /** Whether another `Accept` might have been answered differently. */
  readonly varies: boolean;
}

export type RenderDeps = Pick<Deps, 'index' | 'renderer' | 'presetFormat' | 'renderings'> & PresignDeps;

/**
 * A rendition of an image: made when it is first asked for, and kept under a key that always means the same.
 * Several who ask for one at the same time wait for one.
 */
export async function renderImage(
  deps: RenderDeps,
  caller: Caller,
  { image_id, wanted, accept }: RenderImageInput,
): Promise<RenderImageOutput> {
  const image = await findImage(deps, caller, image_id);
  if (image.status !== 'ready') {
    throw new DomainError('not_ready', `The image is ${image.status} and cannot be served.`);
  }
  const { width, height } = image;
  // Until it has been decoded nobody knows which way up it is.
  if (image.placeholder === null || width === null || height === null) {
    throw new DomainError('not_ready', 'The image is still being processed.', { retry_after_seconds: 1 });
  }
  const size = { width, height };
  const { format, varies, name, plan } =
    'preset' in wanted
      ? presetNamed(deps, image, wanted.preset, size)
      : planned(deps, image, wanted, accept, size);
  const key = renditionObjectKey(image.user_id, image.image_id, image.version, name);
  if (!isStoredPreset(image, wanted)) await mustBeThere(deps, image, key, plan);
  const expires_at = expiryOf(deps);
  const file = { name, content_type: mediaTypeOf(format) };
  return { url: await presignRendition(deps, image, file, expires_at), expires_at, varies };
}

interface Chosen {
  readonly format: RenditionFormat;
  readonly varies: boolean;
  readonly name: string;
  readonly plan: RenditionPlan;
}

function presetNamed(
  { presetFormat }: Pick<Deps, 'presetFormat'>,
  image: ImageRecord,
  preset: PresetName,
  size: { width: number; height: number },
): Chosen {
  const format = image.presets?.format ?? presetFormat;
  // Of a small image the larger presets are the largest that there is.
  const plans = presetsFor(size, format);
  const found = plans.find((each) => each.preset === preset) ?? plans.at(-1);
  if (!found) throw new DomainError('internal', 'There is an image without presets.');
  return { format, varies: false, name: presetFileName(found.preset, format), plan: found.plan };
}

function planned(
  { presetFormat }: Pick<Deps, 'presetFormat'>,
  { content_type }: ImageRecord,
  query: RenditionQuery,
  accept: string | undefined,
  size: { width: number; height: number },
): Chosen {
  const choice = { asked: query.format, accept, source: content_type, avif: presetFormat === 'avif' };
  const { format, varies } = formatFor(choice);
  const plan = planRendition(requestOf(query, format), size);
  return { format, varies, name: renditionName(plan), plan };
}

/** Presets that the record speaks of are there: nothing needs to be asked. */
function isStoredPreset({ presets }: ImageRecord, wanted: RenderImageInput['wanted']): boolean {
  return 'preset' in wanted && presets !== null && presets.names.includes(wanted.preset);
}

async function mustBeThere(
  deps: RenderDeps,
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
  deps: RenderDeps,
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
  let there = 0;
  for await (const _ of objects.list(versionRenditionsPrefix(user_id, image_id, version))) there++;
  if (there < MOST_RENDITIONS) return;
  throw new DomainError(
    'conflict',
    `There are ${MOST_RENDITIONS} renditions of this image, as many as one may have: use one of those.`,
  );
}
