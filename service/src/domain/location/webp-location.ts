import { CannotFollow, type Redaction } from './redaction.ts';
import { namesPlace } from './speaks-of-location.ts';
import { withoutPositionInTiff } from './tiff-location.ts';

/** What decoders need (RFC 9649, section 2). */
const PIXELS = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ICCP']);

const FRAME = 'ANMF';
const FRAME_HEADER_BYTES = 16;

/** Of VP8X's flags that there is XMP. */
const HAS_XMP = 0x04;

interface Chunk {
  readonly type: string;
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

/** A WebP file, and what comes after its end. @throws CannotFollow */
export function redactWebp(file: Redaction): void {
  if (!file.says(0, 'RIFF') || !file.says(8, 'WEBP')) throw new CannotFollow('There is no WebP here.');
  const end = Math.min(file.length, 8 + file.u32(4, true));
  const chunks = () => chunksOf(file, 12, end);
  let isPlaced = false;
  for (const { type, start, end: last } of chunks()) {
    if (type === 'XMP ') isPlaced ||= namesPlace(file.slice(start, last));
  }
  for (const chunk of chunks()) {
    const { type, at, start } = chunk;
    if (type === 'EXIF') redactExif(file, chunk);
    else if (type === 'XMP ' && !isPlaced) continue;
    else if (type === FRAME) redactFrame(file, chunk);
    else if (!PIXELS.has(type)) blank(file, chunk);
    if (type === 'VP8X' && isPlaced) file.write(start, Uint8Array.of(file.u8(start) & ~HAS_XMP));
    if (type === 'XMP ') file.writeText(at, 'JUNK');
  }
  file.fill(end, file.length);
}

/** What is left after the last whole chunk header is blanked. */
function* chunksOf(file: Redaction, from: number, end: number): Generator<Chunk> {
  let at = from;
  while (at + 8 <= end) {
    file.part();
    const start = at + 8;
    const size = file.u32(at + 4, true);
    const chunk = { type: file.text(at, at + 4), at, start, end: Math.min(end, start + size) };
    yield chunk;
    at = Math.min(end, start + size + (size % 2));
  }
  if (at < end) file.fill(at, end);
}

const blank = (file: Redaction, { start, end }: Chunk) => file.fill(start, end);

function redactExif(file: Redaction, { start: from, end }: Chunk): void {
  // Some writers put JPEG's letters before it.
  const start = file.says(from, 'Exif\0\0', end) ? from + 6 : from;
  const rewritten = withoutPositionInTiff(file.slice(start, end));
  if (rewritten) file.write(start, rewritten);
}

function redactFrame(file: Redaction, { start, end }: Chunk): void {
  const from = Math.min(end, start + FRAME_HEADER_BYTES);
  for (const chunk of chunksOf(file, from, end)) if (!PIXELS.has(chunk.type)) blank(file, chunk);
}
