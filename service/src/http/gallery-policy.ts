/** Origins that the gallery has to do with, beside its own. */
export interface GalleryOrigins {
  /** Where images' bytes are fetched. */
  readonly images: readonly string[];
  /** Where they are sent, and where people sign in. */
  readonly requests: readonly string[];
}

/**
 * What the gallery's page may load, run and send (https://www.w3.org/TR/CSP3/): its own files, and what it is
 * there for. `blob:` and `data:` are pictures that it makes itself: previews of files, and placeholders.
 */
export function galleryPolicy({ images, requests }: GalleryOrigins): string {
  const directives: readonly (readonly string[])[] = [
    ['default-src', "'none'"],
    ['script-src', "'self'"],
    ['style-src', "'self'"],
    ['img-src', "'self'", 'blob:', 'data:', ...new Set(images)],
    // What is downloaded under a name of its own is fetched, too.
    ['connect-src', "'self'", ...new Set([...images, ...requests])],
    ['manifest-src', "'self'"],
    ['base-uri', "'none'"],
    ['form-action', "'none'"],
    ['frame-ancestors', "'none'"],
  ];
  return directives.map((directive) => directive.join(' ')).join('; ');
}
