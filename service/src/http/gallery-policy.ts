/** Origins that the gallery has to do with, beside its own. */
export interface GalleryOrigins {
  /** Where images are shown from. */
  readonly images: readonly string[];
  /** Where their bytes are sent, and where people sign in. */
  readonly requests: readonly string[];
}

/**
 * What the gallery's page may load, run and send (https://www.w3.org/TR/CSP3/): its own files, and what it is
 * there for. `blob:` are previews of the files that are uploaded.
 */
export function galleryPolicy({ images, requests }: GalleryOrigins): string {
  const directives: readonly (readonly string[])[] = [
    ['default-src', "'none'"],
    ['script-src', "'self'"],
    ['style-src', "'self'"],
    ['img-src', "'self'", 'blob:', ...new Set(images)],
    ['connect-src', "'self'", ...new Set(requests)],
    ['manifest-src', "'self'"],
    ['base-uri', "'none'"],
    ['form-action', "'none'"],
    ['frame-ancestors', "'none'"],
  ];
  return directives.map((directive) => directive.join(' ')).join('; ');
}
