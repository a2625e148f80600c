/** Of free text: words that programs write with a position. */
const POSITION = ['gps', 'latitude', 'longitude', 'location'];

/** Of metadata, whose names say what a value is: also the words of IPTC for a place. */
const PLACE = [
  ...POSITION,
  ...[
    'located',
    ':geo',
    '<geo',
    ' geo',
    '"geo',
    ':city',
    ':state',
    ':country',
    ':provincestate',
    ':worldregion',
  ],
];

const PIECE = 1024 * 1024;

/** More than any of the words takes, in the widest form of Unicode. */
const OVERLAP = 256;

/** Whether a packet of metadata (XMP) says where an image was taken; over-careful, in UTF-8, UTF-16 and UTF-32. */
export function namesPlace(packet: Uint8Array): boolean {
  return holds(packet, PLACE);
}

/** Whether a comment says where an image was taken. */
export function namesPosition(comment: Uint8Array): boolean {
  return holds(comment, POSITION);
}

function holds(bytes: Uint8Array, words: readonly string[]): boolean {
  for (let at = 0; at < bytes.length; at += PIECE) {
    const piece = bytes.subarray(Math.max(0, at - OVERLAP), at + PIECE);
    const text = narrow(piece).toString('latin1').toLowerCase();
    if (words.some((word) => text.includes(word))) return true;
  }
  return false;
}

/** Without its zeros the wider forms of Unicode are the narrow one, as far as these words go. */
function narrow(piece: Uint8Array): Buffer {
  const left = Buffer.from(piece);
  if (!left.includes(0)) return left;
  let length = 0;
  for (let at = 0; at < left.length; at++) {
    const byte = left[at] ?? 0;
    if (byte !== 0) left[length++] = byte;
  }
  return left.subarray(0, length);
}
