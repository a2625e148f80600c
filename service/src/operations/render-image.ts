import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import { type ObjectKey, renditionObjectKey } from '../domain/object-key.ts';
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
import { findImage } from './steps/find-image.ts';
import { type MakeRenditionDeps, makeUnlessThere } from './steps/make-rendition.ts';
import { expiryOf, type PresignDeps, presignRendition } from './steps/present-image.ts';

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

export type RenderDeps = Pick<Deps, 'presetFormat' | 'rendersOnMiss'> & MakeRenditionDeps & PresignDeps;

/**
 * A rendition of an image: made when it is first asked for, and kept under a key that always means the same.
 * Where the URL leads to something that makes what is missing (`rendersOnMiss`), nobody waits for it here.
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
  if (!isStoredPreset(image, wanted) && !isMadeOnMiss(deps, key)) {
    await makeUnlessThere(deps, image, key, plan);
  }
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

/**
 * CloudFront is reported to sign wrongly for a function where a path has percent signs, as those of users have whose
 * ids are not of `[A-Za-z0-9_-]` alone: theirs are made before they are told of.
 * https://github.com/aws-samples/image-optimization/issues/44
 */
function isMadeOnMiss({ rendersOnMiss }: Pick<Deps, 'rendersOnMiss'>, key: ObjectKey): boolean {
  return rendersOnMiss && !key.includes('%');
}
