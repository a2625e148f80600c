import type { Caller } from '../domain/caller.ts';
import { currentVersionOf, type FormerVersion } from '../domain/image.ts';
import type { Deps } from './deps.ts';
import { findImage } from './steps/find-image.ts';
import { type ImageUrl, presignVersion } from './steps/present-image.ts';

export interface ListedVersion extends ImageUrl {
  readonly version: FormerVersion;
  readonly is_current: boolean;
}

/** The versions of an image that there are, newest first, each with a URL of its bytes where they may be served. */
export async function listVersions(
  deps: Pick<Deps, 'index' | 'objects' | 'clock' | 'urlExpiresSeconds'>,
  caller: Caller,
  image_id: string,
): Promise<readonly ListedVersion[]> {
  const image = await findImage(deps, caller, image_id);
  const versions = [currentVersionOf(image), ...image.former_versions];
  return Promise.all(
    versions.map(async (version) => ({
      version,
      is_current: version.version === image.version,
      ...(await presignVersion(deps, image, version)),
    })),
  );
}
