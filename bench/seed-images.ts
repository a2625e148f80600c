import { parseArgs } from 'node:util';
import type { ImageRecord } from '../service/src/domain/image.ts';
import { newImageId } from '../service/src/domain/image-id.ts';
import { openStorage } from '../service/src/drivers/embedded/open-storage.ts';
import { seededRandom } from './seeded-random.ts';
import { usualRecord } from './usual-record.ts';

/**
 * `npm run seed -- --data-dir DIR [--images 100000] [--user me]`: fills a data folder with records, to try long
 * lists. No server may have the folder open. What the user has in it already is the pattern: new records have the
 * bytes of those (upload a few small pictures first, since they are shown as they are); without any there is
 * nothing to see but placeholders. Records share files: a folder like this is for trying and measuring alone.
 */
const { values } = parseArgs({
  options: {
    'data-dir': { type: 'string' },
    images: { type: 'string', default: '100000' },
    user: { type: 'string', default: 'me' },
  },
});

const TAGS = ['sea', 'birds', 'flowers', 'mountains', 'city', 'family', 'night', 'macro', 'travel', 'autumn'];
const PLACES = ['Lisbon', 'the Alps', 'the harbour', 'the garden', 'Kyoto', 'the old town', 'the coast'];

/** As photographs have them. */
const SHAPES = [
  [4032, 3024],
  [3024, 4032],
  [6000, 4000],
  [3000, 3000],
  [1920, 1080],
] as const;

/** Blurred pictures of several colours, where there is no photograph. */
const PLACEHOLDERS = [
  { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' },
  { thumbhash: '3OcRJYB4d3h/iIeHeEh3eIhw+j2w', color: '#a07a50' },
  { thumbhash: 'YTkGJwaRhWUIt4lbgnhZl3ath2BUBGYA', color: '#5f7050' },
];

/** Records that are written at the same time: as many as one commit may well hold. */
const AT_ONCE = 500;

/** Between two images. */
const MINUTES_APART = 37;

const { 'data-dir': folder, user } = values;
const count = Number(values.images);
if (!folder || !Number.isInteger(count) || count < 1) {
  process.stderr.write('usage: npm run seed -- --data-dir DIR [--images 100000] [--user me]\n');
  process.exit(2);
}

const random = seededRandom(8);
const one = <Item>(of: readonly Item[], without: Item): Item =>
  of[Math.floor(random() * of.length)] ?? without;

const log = () => {};
const storage = await openStorage(folder, { info: log, warn: log, error: log });
const listed = await storage.index.list(
  { user_id: user, tags: [], uploaded: {}, order: 'newest' },
  200,
  null,
);
const patterns = (await Promise.all(listed.items.map(({ image_id }) => storage.index.get(image_id)))).filter(
  (record): record is ImageRecord => record?.placeholder != null,
);

const start = Date.now() - count * MINUTES_APART * 60_000;
for (let at = 0; at < count; at += AT_ONCE) {
  const batch = Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, index) => recordAt(at + index));
  await Promise.all(batch.map((record) => storage.index.insert(record)));
}
await storage.close();
process.stdout.write(`${count} images of ${user}, after ${patterns.length} that were there\n`);

function recordAt(at: number): ImageRecord {
  const time = start + at * MINUTES_APART * 60_000;
  const record = usualRecord({
    image_id: newImageId(time),
    user_id: user,
    upload_time: new Date(time).toISOString(),
    tags: [...new Set([one(TAGS, 'sea'), one(TAGS, 'sea'), one(TAGS, 'sea')])].sort(),
  });
  const [width, height] = one(SHAPES, SHAPES[0]);
  const named = { title: `${one(PLACES, '')} ${at + 1}`, filename: `IMG_${at + 1}.jpg` };
  const pattern = patterns.length > 0 ? patterns[Math.floor(random() * patterns.length)] : undefined;
  if (!pattern) return { ...record, ...named, width, height, placeholder: one(PLACEHOLDERS, null) };
  const { placeholder, object_key, size_bytes, content_type, exif } = pattern;
  return {
    ...record,
    ...named,
    width: pattern.width,
    height: pattern.height,
    placeholder,
    // Those are found by the image's own id.
    presets: null,
    object_key,
    size_bytes,
    content_type,
    exif,
  };
}
