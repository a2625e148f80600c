/** The image types that Tintype can accept, by what their bytes are, never by what a caller says. */
export const MEDIA_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'] as const;

export type MediaType = (typeof MEDIA_TYPES)[number];

const EXTENSIONS: Readonly<Record<MediaType, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
};

/** The usual file extension of a type, without the dot. */
export function extensionOf(type: MediaType): string {
  return EXTENSIONS[type];
}
