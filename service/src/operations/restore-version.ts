import type { Caller } from '../domain/caller.ts';
import { DomainError, preconditionFailed } from '../domain/errors.ts';
import { etagOf, type ImageRecord } from '../domain/image.ts';
import { unstrippedKey } from '../domain/object-key.ts';
import { ifMatchAllows } from '../domain/precondition.ts';
import type { Deps } from './deps.ts';
import { type ImageView, presentImage } from './steps/present-image.ts';
import { mustBeServable, succeed } from './steps/succeed-version.ts';

export interface RestoreVersionInput {
  readonly image_id: string;
  readonly version: number;
  /** The `If-Match` header, where there is one. */
  readonly if_match: string | undefined;
}

export interface RestoreVersionOutput extends ImageView {
  readonly image: ImageRecord;
}

/** Makes the bytes of a former version the current ones: as a version more, so that nothing is lost by it. */
export async function restoreVersion(
  deps: Deps,
  caller: Caller,
  { image_id, version, if_match }: RestoreVersionInput,
): Promise<RestoreVersionOutput> {
  const image = await succeed(deps, { caller, action: 'restore-version' }, image_id, async (previous) => {
    if (!ifMatchAllows(if_match, etagOf(previous))) throw preconditionFailed();
    if (version === previous.version) {
      throw new DomainError('conflict', `Version ${version} is the current one.`);
    }
    const former = previous.former_versions.find((each) => each.version === version);
    if (!former) throw new DomainError('not_found', `There is no version ${version} of this image.`);
    mustBeServable(former);
    const { version: _version, accepted_at: _accepted, ...bytes } = former;
    // It may have been accepted before that was wanted of those that are served.
    const mayTellPlace = deps.stripGps && unstrippedKey(bytes.object_key) === undefined;
    return mayTellPlace ? { ...bytes, status: 'scanning' } : bytes;
  });
  return { image, ...(await presentImage(deps, image, 'inline')) };
}
