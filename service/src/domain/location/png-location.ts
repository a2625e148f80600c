import { crc32 } from 'node:zlib';
import { CannotFollow, type Redaction } from './redaction.ts';
import { namesPlace, namesPosition } from './speaks-of-location.ts';
import { withoutPositionInTiff } from './tiff-location.ts';

const SIGNATURE_BYTES = 8;

/** Ancillary chunks without a place: PNG 3rd edition, its extensions, and Apple's and Android's own. */
const HARMLESS = new Set([
  ...['cHRM', 'gAMA', 'iCCP', 'sBIT', 'sRGB', 'cICP', 'mDCV', 'mDCv', 'cLLI', 'cLLi', 'bKGD', 'hIST', 'tRNS'],
  ...['pHYs', 'sPLT', 'tIME', 'acTL', 'fcTL', 'fdAT', 'oFFs', 'pCAL', 'sCAL', 'sTER', 'gIFg', 'dSIG'],
  ...['iDOT', 'npTc', 'npLb', 'npOl'],
]);

/** What a text may be compressed under (PNG 3rd edition, 11.3.3.1): nobody looks into it. */
const PLAIN_KEYWORDS = new Set([
  ...['Title', 'Author', 'Description', 'Copyright', 'Creation Time', 'Software', 'Disclaimer', 'Warning'],
  ...['Source', 'Comment', 'Collection'],
]);

const XMP_KEYWORD = 'XML:com.adobe.xmp';
const PROFILE_KEYWORD = 'Raw profile type ';

const LONGEST_KEYWORD = 79;

interface Chunk {
  readonly type: string;
  readonly at: number;
  /** Of its data. */
  readonly start: number;
  readonly end: number;
}

/** A PNG file, and what comes after its end. @throws CannotFollow */
export function redactPng(file: Redaction): void {
  if (!file.says(0, '\x89PNG\r\n\x1a\n')) throw new CannotFollow('There is no PNG here.');
  let at = SIGNATURE_BYTES;
  while (at < file.length) {
    file.part();
    if (at + 8 > file.length) {
      file.fill(at, file.length);
      return;
    }
    const type = file.text(at + 4, at + 8);
    if (!/^[A-Za-z]{4}$/.test(type)) throw new CannotFollow('A chunk of the PNG has no name.');
    const start = at + 8;
    const end = start + file.u32(at);
    const chunk = { type, at, start, end };
    if (end + 4 > file.length) {
      redactCutOff(file, chunk);
      return;
    }
    redactChunk(file, chunk);
    at = end + 4;
    if (type === 'IEND') {
      file.fill(at, file.length);
      return;
    }
  }
}

const isCritical = (type: string) => /^[A-Z]/.test(type);

/** Decoders show what has come of the pixels, and take nothing from another chunk that is not whole. */
function redactCutOff(file: Redaction, { type, start }: Chunk): void {
  if (!isCritical(type) && type !== 'fdAT') file.fill(start, file.length);
}

function redactChunk(file: Redaction, chunk: Chunk): void {
  const { type, start, end } = chunk;
  if (isCritical(type) || HARMLESS.has(type)) return;
  if (type === 'eXIf') {
    redactExif(file, chunk);
    return;
  }
  const isText = type === 'tEXt' || type === 'zTXt' || type === 'iTXt';
  if (!isText || textSpeaks(type, file.slice(start, end))) blank(file, chunk);
}

function redactExif(file: Redaction, chunk: Chunk): void {
  // Some writers put JPEG's letters before it.
  const start = file.says(chunk.start, 'Exif\0\0', chunk.end) ? chunk.start + 6 : chunk.start;
  const rewritten = withoutPositionInTiff(file.slice(start, chunk.end));
  if (!rewritten) return;
  file.write(start, rewritten);
  seal(file, chunk, [file.slice(chunk.at + 4, start), rewritten]);
}

function textSpeaks(type: string, data: Uint8Array): boolean {
  const head = Buffer.from(data.subarray(0, LONGEST_KEYWORD + 1)).toString('latin1');
  const [keyword = ''] = head.split('\0', 1);
  if (keyword.startsWith(PROFILE_KEYWORD)) return true;
  // Of iTXt the byte after the keyword says whether it is compressed.
  const isCompressed = type === 'zTXt' || (type === 'iTXt' && data[keyword.length + 1] !== 0);
  if (isCompressed) return !PLAIN_KEYWORDS.has(keyword);
  return keyword === XMP_KEYWORD ? namesPlace(data) : namesPosition(data);
}

/** Makes it a comment of spaces: a chunk may be of no length but its own. */
function blank(file: Redaction, chunk: Chunk): void {
  const { start, end } = chunk;
  if (end - start < 2) return;
  const keyword = 'Comment'.slice(0, end - start - 1);
  const data = Buffer.alloc(end - start, ' ');
  data.write(`${keyword}\0`, 'latin1');
  const type = Buffer.from('tEXt', 'latin1');
  file.write(chunk.at + 4, type);
  file.write(start, data);
  seal(file, chunk, [type, data]);
}

/** The sum over the chunk's type and data. */
function seal(file: Redaction, { end }: Chunk, pieces: readonly Uint8Array[]): void {
  const sum = pieces.reduce((before, piece) => crc32(piece, before), 0);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(sum);
  file.write(end, bytes);
}
