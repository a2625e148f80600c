/** Of free text: words that programs write with a position. */
const POSITION = /gps|latitude|longitude|location/i;

/** Of metadata, whose names say what a value is: also the words of IPTC for a place. */
const PLACE =
  /gps|latitude|longitude|locat(?:ion|ed)|\bgeo|:(?:city|state|country|countrycode|provincestate|worldregion)\b/i;

const PIECE = 1024 * 1024;

/** Longer than any of the words. */
const OVERLAP = 64;

/** Whether a packet of metadata (XMP) says where an image was taken; over-careful, in UTF-8, UTF-16 and UTF-32. */
export function namesPlace(packet: Uint8Array): boolean {
  return matches(packet, PLACE);
}

/** Whether a comment says where an image was taken. */
export function namesPosition(comment: Uint8Array): boolean {
  return matches(comment, POSITION);
}

function matches(bytes: Uint8Array, words: RegExp): boolean {
  for (let at = 0; at < bytes.length; at += PIECE) {
    const start = Math.max(0, at - 4 * OVERLAP);
    // Without its zeros the wider forms of Unicode are the narrow one, as far as these words go.
    const piece = bytes.subarray(start, at + PIECE).filter((byte) => byte !== 0);
    if (words.test(Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1'))) return true;
  }
  return false;
}
