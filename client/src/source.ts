import { mediaTypeOf } from './media-type.ts';

/** The bytes of an image. A File brings its name along. */
export type Source = Blob | Uint8Array;

/** The bytes, which are not copied where they are a Blob's. */
export function blobOf(source: Source): Blob {
  // TypeScript asks whether the memory is shared with another thread; what is sent is a copy all the same.
  return source instanceof Blob ? source : new Blob([source as Uint8Array<ArrayBuffer>]);
}

/** The name of a file; of other bytes there is none. */
export function filenameOf(source: Source): string | undefined {
  const { name } = source as { readonly name?: unknown };
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** What the caller says, or the bytes do, or else the file. */
export async function contentTypeOf(bytes: Blob, said: string | undefined): Promise<string> {
  return said ?? (await mediaTypeOf(bytes)) ?? (bytes.type || 'application/octet-stream');
}

/** For requests whose body is an image: the service looks at the bytes, and wants only this much said. */
export function imageTypeOf(contentType: string): string {
  return contentType.startsWith('image/') ? contentType : 'image/*';
}
