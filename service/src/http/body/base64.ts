/** `data:[<type>][;parameters];base64,` (RFC 2397), of any reasonable length. */
const DATA_URL = /^data:[^,]{0,200};base64,/i;
const LONGEST_PREFIX = 256;

/** Characters decoded at a time: a multiple of 4, so that each piece stands for itself. */
const PIECE = 256 * 1024;

/** The letters of RFC 4648, section 5, which Node's decoder takes as well. */
const OF_URLS = ['-', '_'];

/**
 * Decodes strict base64 (RFC 4648, section 4: padded, no line ends, no stray bits), bare or as a `data:`
 * URL, whose type is not looked at. Node's own decoder passes over what is not base64 in silence: then fewer
 * bytes come of a piece than its length stands for, which costs a fraction of looking at each letter. Piece by
 * piece, so that an image is never in memory as text and as bytes at once.
 * @param invalid makes the error that is thrown at the first piece that is not base64.
 */
export function* decodeBase64(text: Buffer, invalid: () => Error): Generator<Buffer> {
  const start = prefixLength(text);
  if (start === undefined || (text.length - start) % 4 !== 0) throw invalid();
  for (let at = start; at < text.length; at += PIECE) {
    const piece = text.toString('latin1', at, at + PIECE);
    const isLast = at + PIECE >= text.length;
    const bytes = Buffer.from(piece, 'base64');
    const wanted = (piece.length / 4) * 3 - (isLast ? paddingOf(text) : 0);
    if (bytes.length !== wanted || OF_URLS.some((letter) => piece.includes(letter))) throw invalid();
    if (isLast && !endsCanonically(piece, bytes)) throw invalid();
    yield bytes;
  }
}

/** How many bytes the text decodes to, if it is what `decodeBase64` takes. */
export function decodedSize(text: Buffer): number {
  const length = text.length - (prefixLength(text) ?? 0);
  return Math.max(0, Math.floor(length / 4) * 3 - paddingOf(text));
}

/** How many bytes of base64 at most decode to so many bytes, with a `data:` prefix. */
export function longestBase64Of(bytes: number): number {
  return Math.ceil(bytes / 3) * 4 + LONGEST_PREFIX;
}

/** How many `=` it ends with, of the two that there may be. */
function paddingOf(text: Buffer): number {
  return /={0,2}$/.exec(text.toString('latin1', Math.max(0, text.length - 2)))?.[0].length ?? 0;
}

function prefixLength(text: Buffer): number | undefined {
  if (text.toString('latin1', 0, 5).toLowerCase() !== 'data:') return 0;
  return DATA_URL.exec(text.toString('latin1', 0, LONGEST_PREFIX))?.[0].length;
}

/** Bits after the last byte must be zero: the last group has one right spelling. */
function endsCanonically(encoded: string, bytes: Buffer): boolean {
  const lastGroup = bytes.subarray(Math.floor((bytes.length - 1) / 3) * 3).toString('base64');
  return encoded.endsWith(lastGroup);
}
