import { createHmac, createSecretKey } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { listen } from './listen.ts';

/**
 * `images.ts FOLDER`: views, lists and searches the images of a data folder by hand: node:http, prepared statements, JSON, and URLs
 * that are signed. No checks, no callers, no page keys, no log; nothing of Hono, and nothing of Tintype.
 * `/view?id=`, `/list?by=&user=&tag=&from=&before=&after=`, `/search?match=`; `after` is an image's time and id.
 */
const [folder = ''] = process.argv.slice(2);
const database = new DatabaseSync(join(folder, 'index.db'), { readOnly: true });
const key = createSecretKey(Buffer.alloc(32, 7));
const EXPIRES = Math.ceil(Date.now() / 3_600_000 + 1) * 3600;

const COLUMNS = `i.image_id, u.user_id, i.filename, i.title, i.tags, i.content_type, i.size_bytes, i.width, i.height,
  i.status, i.rejection_reason, i.version, i.created_at, i.upload_time, i.updated_at, i.deleted_at, i.object_key,
  i.placeholder, i.presets`;
const DETAILS = `${COLUMNS}, i.description, i.checksum_sha256, i.exif`;
const NEWEST = 'ORDER BY w.upload_time DESC, w.image_id DESC LIMIT 51';
const AFTER = 'AND (w.upload_time, w.image_id) < (?, ?)';
const READY = "w.status = 'ready' AND w.deleted_at IS NULL";
const OF_IMAGES = COLUMNS.replaceAll('i.', 'w.');

const walk = (index: string, where: string) =>
  `SELECT ${OF_IMAGES} FROM images w INDEXED BY ${index} CROSS JOIN users u ON u.user = w.user
   WHERE ${READY} AND ${where} ${NEWEST}`;
const walkTags = (table: string, where: string) =>
  `SELECT ${COLUMNS} FROM ${table} w CROSS JOIN images i ON i.image = w.image CROSS JOIN users u ON u.user = i.user
   WHERE ${where} ${NEWEST}`;

const LISTS: Readonly<Record<string, string>> = {
  all: walk('images_by_time', `TRUE ${AFTER}`),
  user: walk('images_by_user', `w.user = ? ${AFTER}`),
  date: walk('images_by_time', `w.upload_time >= ? ${AFTER}`),
  tag: walkTags('image_tags', `w.tag = ? ${AFTER}`),
  'user+tag': walkTags('user_tags', `w.tag = ? AND w.user = ? ${AFTER}`),
};
const lists = new Map(Object.entries(LISTS).map(([by, sql]) => [by, database.prepare(sql)]));
const view = database.prepare(
  `SELECT ${DETAILS} FROM images i JOIN users u ON u.user = i.user WHERE i.image_id = ?`,
);
const search = database.prepare(
  `SELECT ${COLUMNS} FROM search s CROSS JOIN images i ON i.image = s.image CROSS JOIN users u ON u.user = i.user
   WHERE s.search MATCH ? ORDER BY s.rowid DESC LIMIT 51`,
);
const userNumber = database.prepare('SELECT user AS n FROM users WHERE user_id = ?');
const tagNumber = database.prepare('SELECT tag AS n FROM tags WHERE name = ?');

interface Row {
  readonly [column: string]: SQLInputValue;
}

function signed(path: string, type: string, disposition: string): string {
  const target = `/objects/${path}?expires=${EXPIRES}&response-content-type=${encodeURIComponent(type)}&response-content-disposition=${encodeURIComponent(disposition)}`;
  const signature = createHmac('sha256', key).update(`GET ${target}`).digest('base64url');
  return `http://127.0.0.1:3000${target}&signature=${signature}`;
}

const SIDES: Readonly<Record<string, number>> = { thumb: 256, small: 640, medium: 1280, large: 2048 };

/** The presets of a photograph that lies across: that is what all of these are. */
function renditionsOf({ presets, user_id, width, height }: Row, id: string, version: number) {
  const { format, names } = JSON.parse(String(presets)) as { format: string; names: string[] };
  const made = names.map((name) => {
    const side = SIDES[name] ?? 0;
    const path = `.renditions/${user_id}/${id}.v${version}/${name}.${format}`;
    const size = name === 'thumb' ? side : Math.round((Number(height) * side) / Number(width));
    return [name, { url: signed(path, `image/${format}`, 'inline'), width: side, height: size }];
  });
  return Object.fromEntries(made) as object;
}

const timeOf = (value: SQLInputValue | undefined) =>
  value == null ? null : new Date(Number(value)).toISOString();

function idOf(bytes: SQLInputValue | undefined): string {
  const hex = Buffer.from(bytes as Uint8Array).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function imageOf(row: Row) {
  const id = idOf(row['image_id']);
  const { user_id, filename, title, content_type, size_bytes, width, height, status, version } = row;
  return {
    image_id: id,
    user_id,
    filename,
    title,
    tags: JSON.parse(String(row['tags'])) as string[],
    content_type,
    size_bytes,
    width,
    height,
    status,
    rejection_reason: row['rejection_reason'],
    version,
    created_at: timeOf(row['created_at']),
    upload_time: timeOf(row['upload_time']),
    updated_at: timeOf(row['updated_at']),
    deleted_at: timeOf(row['deleted_at']),
    placeholder: JSON.parse(String(row['placeholder'])) as object,
    url: signed(String(row['object_key']), String(content_type), `inline; filename="${filename}"`),
    url_expires_at: new Date(EXPIRES * 1000).toISOString(),
    renditions: renditionsOf(row, id, Number(version)),
  };
}

function pageOf(rows: Row[]) {
  const last = rows.length > 50 ? rows[49] : undefined;
  const items = rows.slice(0, 50).map(imageOf);
  const next = last === undefined ? null : `${timeOf(last['upload_time'])} ${idOf(last['image_id'])}`;
  return { items, count: items.length, last_evaluated_key: next };
}

const bytesOf = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');

function answerTo(target: string): unknown {
  const [path, query] = target.split('?');
  const asked = new URLSearchParams(query);
  const said = (name: string) => asked.get(name) ?? '';
  if (path === '/view') {
    const row = view.get(bytesOf(said('id'))) as Row;
    const checksum = Buffer.from(row['checksum_sha256'] as Uint8Array).toString('hex');
    const exif = JSON.parse(String(row['exif'])) as object;
    return { ...imageOf(row), description: row['description'], exif, checksum_sha256: checksum };
  }
  if (path === '/search') return pageOf(search.all(said('match')) as unknown as Row[]);
  const [time = '', id = ''] = said('after').split(' ');
  const values: SQLInputValue[] = [];
  if (asked.has('tag')) values.push(Number(tagNumber.get(said('tag'))?.['n']));
  if (asked.has('user')) values.push(Number(userNumber.get(said('user'))?.['n']));
  if (asked.has('from')) values.push(Date.parse(said('from')));
  const after = id === '' ? [Number.MAX_SAFE_INTEGER, Buffer.alloc(0)] : [Date.parse(time), bytesOf(id)];
  return pageOf(lists.get(said('by'))?.all(...values, ...after) as unknown as Row[]);
}

await listen((incoming: IncomingMessage, outgoing: ServerResponse) => {
  try {
    const body = Buffer.from(JSON.stringify(answerTo(incoming.url ?? '')));
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    outgoing.end(body);
  } catch (error) {
    outgoing.writeHead(500).end(String(error));
  }
});
