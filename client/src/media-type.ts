/** The types that the service knows, by the bytes that an image begins with. */
const SIGNATURES: readonly (readonly [type: string, signature: RegExp])[] = [
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/png', /^\x89PNG\r\n/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF.{4}WEBP/s],
  // AVIF 1.1, section 4: `avif`, or `avis` of a sequence, is among the brands of the first box.
  ['image/avif', /^.{4}ftyp(?:avi[fs]|.{8}(?:.{4})*?avi[fs])/s],
];

/** Enough for any image's brands. */
const LOOKED_AT = 64;

/** What the bytes are, or undefined where they are no image that the service knows. */
export async function mediaTypeOf(bytes: Blob): Promise<string | undefined> {
  const start = new Uint8Array(await bytes.slice(0, LOOKED_AT).arrayBuffer());
  const text = String.fromCharCode(...start);
  return SIGNATURES.find(([, signature]) => signature.test(text))?.[0];
}
