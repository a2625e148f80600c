import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { newImageId } from '../service/src/domain/image-id.ts';
import { imageObjectKey } from '../service/src/domain/object-key.ts';
import { openStorage } from '../service/src/drivers/embedded/open-storage.ts';
import { connect } from '../service/src/drivers/embedded/sqlite/connection.ts';
import { idFromBytes, idToBytes } from '../service/src/drivers/embedded/sqlite/image-row.ts';
import { SCHEMA_VERSION } from '../service/src/drivers/embedded/sqlite/migrations.ts';
import { defineSearchFunctions, FILL_SEARCH } from '../service/src/drivers/embedded/sqlite/search-table.ts';
import { ROOT } from './processes.ts';
import { seededRandom } from './seeded-random.ts';
import { usualRecord } from './usual-record.ts';

/**
 * A data folder with the records of many images, for what reads them; there are no files behind them. A few users and
 * tags have many images and most have few: the n-th has a share of them as 1/n is to the rest (Zipf's law), and so with words.
 */
export interface ManyImages {
  readonly folder: string;
  readonly count: number;
}

/** To be raised with every change of what is made here: folders of former ones are left alone. */
const EDITION = 1;

const USERS = 20_000;
const TAGS = 2_000;
const WORDS = 5_000;
const MOST_TAGS = 5;

const FIRST = Date.parse('2024-01-01T00:00:00.000Z');
const MINUTE = 60_000;

/** Rows of one transaction. */
const AT_ONCE = 50_000;

/** The n-th user, from 0; the first has the most images. */
export const userAt = (place: number) => `user-${String(place).padStart(5, '0')}`;
export const tagAt = (place: number) => `tag-${place}`;

/** The n-th word, of two to four syllables; the first is the most frequent. */
export function wordAt(place: number): string {
  const random = seededRandom(place + 1);
  const letter = (of: string) => of[Math.floor(random() * of.length)] ?? '';
  const syllables = Array.from({ length: 2 + Math.floor(random() * 3) }, () => {
    return letter('bdfgklmnprstvz') + letter('aeiou');
  });
  return `${syllables.join('')}${place % 7 === 0 ? 'n' : ''}`;
}

/** Ids of images, as many and spread evenly over all of them. */
export function imageIdsOf({ folder, count }: ManyImages, asked: number): string[] {
  const database = new DatabaseSync(join(folder, 'index.db'), { readOnly: true });
  try {
    const row = database.prepare('SELECT image_id FROM images WHERE image = ?');
    const step = Math.max(1, Math.floor(count / asked));
    const places = Array.from({ length: Math.min(asked, count) }, (_, place) => place * step + 1);
    return places.map((place) => idFromBytes(row.get(place)?.['image_id'] as Uint8Array));
  } finally {
    database.close();
  }
}

/** The folder of so many images: made once, and kept for the next run. No server may write to it. */
export async function manyImages(count: number, say: (line: string) => void): Promise<ManyImages> {
  const folder = join(ROOT, 'build', 'bench', `images-${count}-${SCHEMA_VERSION}-${EDITION}`);
  if (existsSync(folder)) return { folder, count };
  say(`making ${count.toLocaleString('en')} images, once`);
  const unfinished = `${folder}-unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const silent = () => {};
  const storage = await openStorage(unfinished, { info: silent, warn: silent, error: silent });
  await storage.close();
  const database = connect(join(unfinished, 'index.db'));
  try {
    fill(database, count);
  } finally {
    database.close();
  }
  await rename(unfinished, folder);
  return { folder, count };
}

/** In bulk, as no server writes; the rows are those that it would have written. */
function fill(database: DatabaseSync, count: number): void {
  defineSearchFunctions(database);
  database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA temp_store = MEMORY;');
  const inTransaction = (sql: string) => database.exec(`BEGIN; ${sql}; COMMIT;`);
  database.exec('BEGIN');
  const user = database.prepare('INSERT INTO users (user, user_id) VALUES (?, ?)');
  for (let place = 0; place < USERS; place++) user.run(place + 1, userAt(place));
  const tag = database.prepare('INSERT INTO tags (tag, name) VALUES (?, ?)');
  for (let place = 0; place < TAGS; place++) tag.run(place + 1, tagAt(place));
  database.exec('COMMIT');
  insertImages(database, count);
  const rows = `images i, json_each(i.tags) t JOIN tags n ON n.name = t.value`;
  inTransaction(
    `INSERT INTO image_tags SELECT n.tag, i.upload_time, i.image_id, i.image FROM ${rows} ORDER BY 1, 2, 3`,
  );
  inTransaction(
    `INSERT INTO user_tags SELECT n.tag, i.user, i.upload_time, i.image_id, i.image FROM ${rows} ORDER BY 1, 2, 3, 4`,
  );
  inTransaction(`UPDATE users SET images = had.images, bytes = had.bytes FROM
    (SELECT user, count(*) AS images, sum(size_bytes) AS bytes FROM images GROUP BY user) AS had WHERE had.user = users.user`);
  inTransaction('UPDATE clock SET latest = (SELECT max(updated_at) FROM images)');
  inTransaction(FILL_SEARCH);
  // Where a folder has been filled little by little, and not at once, SQLite has merged the index as it went.
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

function insertImages(database: DatabaseSync, count: number): void {
  const random = seededRandom(9);
  const skewed = (most: number) => Math.floor(most ** random()) - 1;
  const words = Array.from({ length: WORDS }, (_, place) => wordAt(place));
  const text = (length: number) => Array.from({ length }, () => words[skewed(WORDS)]).join(' ');
  const { placeholder, presets, exif, checksum_sha256 } = usualRecord({ tags: [] });
  const insert =
    database.prepare(`INSERT INTO images (image, image_id, user, filename, title, description, tags,
      content_type, size_bytes, width, height, checksum_sha256, status, version, revision, created_at, upload_time,
      updated_at, object_key, background_revision, placeholder, presets, exif, accepted_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, 'image/jpeg', ?, 4032, 3024, ?, 'ready', 1, 1, ?, ?, ?, ?, 1, ?, ?, ?, ?)`);
  const details = [placeholder, presets, exif].map((value) => JSON.stringify(value));
  const checksum = Buffer.from(checksum_sha256 ?? '', 'hex');
  for (let image = 1; image <= count; image++) {
    if (image % AT_ONCE === 1) database.exec('BEGIN');
    const time = FIRST + image * MINUTE + Math.floor(random() * MINUTE);
    const user = skewed(USERS);
    const id = newImageId(time);
    const tags = new Set(
      Array.from({ length: Math.floor(random() * (MOST_TAGS + 1)) }, () => tagAt(skewed(TAGS))),
    );
    const description = image % 4 === 0 ? text(12) : null;
    const bytes = 200_000 + Math.floor(random() * 4_000_000);
    const named = [`IMG_${image}.jpg`, text(3), description, JSON.stringify([...tags].sort())];
    const key = imageObjectKey(userAt(user), id, 1);
    insert.run(
      image,
      idToBytes(id),
      user + 1,
      ...named,
      bytes,
      checksum,
      time,
      time,
      time,
      key,
      ...details,
      time,
    );
    if (image % AT_ONCE === 0 || image === count) database.exec('COMMIT');
  }
}
