import { type Item, itemsOf, placesOf } from './avif-items.ts';
import { type Box, blankBox, boxesIn, boxesOf } from './iso-boxes.ts';
import { overlap, type Range } from './ranges.ts';
import { CannotFollow, type Redaction } from './redaction.ts';
import { namesPlace } from './speaks-of-location.ts';
import { withoutPositionInTiff } from './tiff-location.ts';

/** Children of `meta` that describe items and how they are shown (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12). */
const META_KEPT = new Set([
  ...['hdlr', 'pitm', 'iloc', 'iinf', 'iprp', 'iref', 'idat', 'dinf', 'grpl', 'ipro'],
]);

/** Pixels, and how they are put together. */
const PICTURES = new Set(['av01', 'grid', 'iovl', 'iden', 'tmap', 'hvc1', 'sato']);

/** What makes up a sequence of pictures. */
const MOVIE_KEPT = new Set(['mvhd', 'trak']);
const TRACK_KEPT = new Set(['tkhd', 'edts', 'tref', 'mdia']);
const TRACKS = new Set(['pict', 'auxv', 'vide']);

/** An AVIF file, still or a sequence, and what comes after its end. @throws CannotFollow */
export function redactAvif(file: Redaction): void {
  const [first, ...boxes] = boxesOf(file);
  if (first?.type !== 'ftyp') throw new CannotFollow('There is no AVIF here.');
  const metas = boxes.filter(({ type }) => type === 'meta');
  if (metas.length > 1) throw new CannotFollow('The file is described twice.');
  for (const box of boxes) {
    const { type } = box;
    if (type === 'moov') redactMovie(file, box);
    else if (type === 'moof') throw new CannotFollow('The sequence is in fragments.');
    else if (!['meta', 'mdat'].includes(type)) blankBox(file, box);
  }
  const media = boxes.filter(({ type }) => type === 'mdat');
  for (const meta of metas) redactMeta(file, meta, media);
}

function redactMeta(file: Redaction, meta: Box, media: readonly Box[]): void {
  const children = boxesIn(file, Math.min(meta.start + 4, meta.end), meta.end);
  for (const child of children) if (!META_KEPT.has(child.type)) blankBox(file, child);
  const only = (wanted: string) => {
    const [first, second] = children.filter(({ type }) => type === wanted);
    if (second) throw new CannotFollow(`There are two boxes ${wanted}.`);
    return first;
  };
  const [iinf, iloc, idat] = [only('iinf'), only('iloc'), only('idat')];
  if (!iinf || !iloc) return;
  const items = itemsOf(file, iinf);
  const places = placesOf(file, iloc, idat);
  const described = items.filter(({ type }) => !PICTURES.has(type));
  const own = described.flatMap(({ id }) => places.get(id) ?? []);
  // What no item is called by is taken for pixels.
  const ids = new Set(described.map(({ id }) => id));
  const pixels = [...places].flatMap(([id, ranges]) => (ids.has(id) ? [] : ranges));
  mustBeApart(own, pixels, idat ? [...media, idat] : media);
  for (const item of described) redactItem(file, item, places.get(item.id) ?? []);
}

/** What is blanked must be nothing else as well. */
function mustBeApart(own: readonly Range[], pixels: readonly Range[], within: readonly Range[]): void {
  if (overlap(own, pixels)) throw new CannotFollow('Metadata lie where pixels do.');
  const isWithin = ({ start, end }: Range) =>
    start === end || within.some((box) => box.start <= start && end <= box.end);
  if (within.length > 100 || !own.every(isWithin)) {
    throw new CannotFollow('Metadata lie where the file is described.');
  }
}

function redactItem(file: Redaction, { type, isPlain }: Item, ranges: readonly Range[]): void {
  const bytes = Buffer.concat(ranges.map(({ start, end }) => file.slice(start, end)));
  if (type === 'Exif' && isPlain) {
    put(file, ranges, withoutPositionInExif(bytes));
    return;
  }
  if (type === 'mime' && isPlain) {
    put(file, ranges, namesPlace(bytes) ? bytes.fill(' ') : undefined);
    return;
  }
  if (!['Exif', 'mime', 'uri '].includes(type)) throw new CannotFollow('There is an item of unknown kind.');
  put(file, ranges, bytes.fill(0));
}

/** The block is preceded by how far off it is (ISO/IEC 23008-12, annex A). */
function withoutPositionInExif(bytes: Buffer): Buffer | undefined {
  if (bytes.length < 4) return undefined;
  const offset = 4 + bytes.readUInt32BE(0);
  const start = offset <= bytes.length ? offset : 4;
  const rewritten = withoutPositionInTiff(bytes.subarray(start));
  return rewritten && Buffer.concat([bytes.subarray(0, start), rewritten]);
}

function put(file: Redaction, ranges: readonly Range[], bytes: Buffer | undefined): void {
  let taken = 0;
  for (const { start, end } of bytes ? ranges : []) {
    file.write(start, bytes?.subarray(taken, taken + end - start) ?? new Uint8Array());
    taken += end - start;
  }
}

function redactMovie(file: Redaction, movie: Box): void {
  for (const box of boxesIn(file, movie.start, movie.end)) {
    if (!MOVIE_KEPT.has(box.type)) blankBox(file, box);
    else if (box.type === 'trak') redactTrack(file, box);
  }
}

/** Tracks of anything but pictures may be of positions. */
function redactTrack(file: Redaction, track: Box): void {
  for (const box of boxesIn(file, track.start, track.end)) {
    if (!TRACK_KEPT.has(box.type)) blankBox(file, box);
    if (box.type !== 'mdia') continue;
    const handlers = boxesIn(file, box.start, box.end).filter(({ type }) => type === 'hdlr');
    const isPictures = handlers.every(({ start }) => TRACKS.has(file.text(start + 8, start + 12)));
    if (handlers.length === 0 || !isPictures) throw new CannotFollow('There is a track of no pictures.');
  }
}
