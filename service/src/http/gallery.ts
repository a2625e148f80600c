import type { GalleryFiles } from './gallery-files.ts';
import { type GallerySettings, SETTINGS_PATH } from './gallery-settings.ts';

/** The gallery: a page for people over the API, which is open to all, and shows what whoever signs in may see. */
export interface Gallery {
  /** Undefined: it has not been built. */
  readonly files: GalleryFiles | undefined;
  readonly settings: GallerySettings;
  /** What its page may load, run and send. */
  readonly policy: string;
  /**
   * What counts against no limit of requests: all of it comes from memory, more cheaply than a refusal, and who
   * has used up the limit of the API sees a page that says so, not half of one.
   */
  readonly paths: ReadonlySet<string>;
}

/** @param policy as `galleryPolicy` makes it. */
export function createGallery(
  files: GalleryFiles | undefined,
  settings: GallerySettings,
  policy: string,
): Gallery {
  return { files, settings, policy, paths: new Set(['/', SETTINGS_PATH, ...(files?.keys() ?? [])]) };
}
