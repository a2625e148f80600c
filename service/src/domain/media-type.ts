/** The image types that Tintype can accept, by what their bytes are, never by what a caller says. */
export const MEDIA_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'] as const;

export type MediaType = (typeof MEDIA_TYPES)[number];

/** The file extensions of each type, the usual one first. */
const EXTENSIONS: Readonly<Record<MediaType, readonly [string, ...string[]]>> = {
  'image/jpeg': ['jpg', 'jpeg', 'jpe', 'jfif'],
  'image/png': ['png'],
  'image/webp': ['webp'],
  'image/gif': ['gif'],
  'image/avif': ['avif'],
};

/** The usual file extension of a type, without the dot. */
export function extensionOf(type: MediaType): string {
  return EXTENSIONS[type][0];
}

/** The name, and after it the type's extension where it has none of them: as a file it is opened as what its bytes are. */
export function fileNameFor(type: MediaType, name: string): string {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const isKnown = name.includes('.') && EXTENSIONS[type].includes(extension);
  return isKnown ? name : `${name}.${extensionOf(type)}`;
}
