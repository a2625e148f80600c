/** `data:[<type>][;parameters];base64,` (RFC 2397), of any reasonable length. */
const DATA_URL = /^data:[^,]{0,200};base64,/i;

const ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Strict base64 (RFC 4648, section 4: padded, no line ends, no stray bits), bare or as a `data:` URL, whose
 * type is not looked at. Undefined for anything else; Node's own decoder would accept garbage in silence.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const prefix = text.startsWith('data:') || text.startsWith('DATA:') ? DATA_URL.exec(text)?.[0] : '';
  if (prefix === undefined) return undefined;
  const encoded = prefix === '' ? text : text.slice(prefix.length);
  if (encoded.length % 4 !== 0 || !ALPHABET.test(encoded)) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  // Bits after the last byte must be zero: the last group has one right spelling.
  const lastGroup = bytes.subarray(Math.floor((bytes.length - 1) / 3) * 3).toString('base64');
  return encoded.endsWith(lastGroup) ? bytes : undefined;
}
