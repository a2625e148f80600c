import type { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../../../domain/operator-error.ts';
import { CREATE_SEARCH, defineSearchFunctions, FILL_SEARCH } from './search-table.ts';

/**
 * The schema, step by step: entry n brings a database from version n to n + 1 (`PRAGMA user_version`).
 * A step that has been released is never changed.
 *
 * Every index carries (`upload_time`, `image_id`), the order of all listings, so that a page is a short
 * walk along one index; rows of listings exist only for images that are listed. Users and tags are
 * numbers, image ids 16 bytes, times milliseconds since 1970.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE run (started_at INTEGER NOT NULL) STRICT;
  CREATE TABLE clock (latest INTEGER NOT NULL) STRICT;
  INSERT INTO clock VALUES (0);
  CREATE TABLE users (user INTEGER PRIMARY KEY, user_id TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE tags (tag INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE images (
    image INTEGER PRIMARY KEY,
    image_id BLOB NOT NULL UNIQUE,
    user INTEGER NOT NULL REFERENCES users,
    filename TEXT,
    title TEXT,
    description TEXT,
    tags TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    checksum_sha256 BLOB NOT NULL,
    status TEXT NOT NULL,
    rejection_reason TEXT,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    upload_time INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    object_key TEXT NOT NULL
  ) STRICT;
  CREATE INDEX images_by_time ON images (upload_time, image_id)
    WHERE status = 'ready' AND deleted_at IS NULL;
  CREATE INDEX images_by_user ON images (user, upload_time, image_id)
    WHERE status = 'ready' AND deleted_at IS NULL;
  CREATE TABLE image_tags (
    tag INTEGER NOT NULL, upload_time INTEGER NOT NULL, image_id BLOB NOT NULL, image INTEGER NOT NULL,
    PRIMARY KEY (tag, upload_time, image_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE user_tags (
    tag INTEGER NOT NULL, user INTEGER NOT NULL, upload_time INTEGER NOT NULL, image_id BLOB NOT NULL,
    image INTEGER NOT NULL,
    PRIMARY KEY (tag, user, upload_time, image_id)
  ) STRICT, WITHOUT ROWID;
  `,
  // Uploads that are announced: nothing is known of their pixels, and they end when they are due.
  `
  DROP INDEX images_by_time;
  DROP INDEX images_by_user;
  ALTER TABLE images RENAME TO images_1;
  CREATE TABLE images (
    image INTEGER PRIMARY KEY,
    image_id BLOB NOT NULL UNIQUE,
    user INTEGER NOT NULL REFERENCES users,
    filename TEXT,
    title TEXT,
    description TEXT,
    tags TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    checksum_sha256 BLOB,
    status TEXT NOT NULL,
    rejection_reason TEXT,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    upload_time INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    object_key TEXT NOT NULL,
    upload TEXT,
    due_at INTEGER
  ) STRICT;
  INSERT INTO images SELECT *, NULL, NULL FROM images_1;
  DROP TABLE images_1;
  CREATE INDEX images_by_time ON images (upload_time, image_id)
    WHERE status = 'ready' AND deleted_at IS NULL;
  CREATE INDEX images_by_user ON images (user, upload_time, image_id)
    WHERE status = 'ready' AND deleted_at IS NULL;
  CREATE INDEX images_unready ON images (user, status, upload_time, image_id)
    WHERE status <> 'ready' AND deleted_at IS NULL;
  CREATE INDEX images_due ON images (due_at) WHERE due_at IS NOT NULL;
  `,
  `
  CREATE TABLE idempotency_keys (
    id INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    attempt_id TEXT NOT NULL,
    image_id BLOB NOT NULL,
    takeovers INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    fingerprint TEXT,
    content TEXT,
    UNIQUE (scope, key)
  ) STRICT;
  CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
  `,
  // What each user has, and limits of their own: NULL means that there is none set, -1 none at all.
  `
  ALTER TABLE users ADD COLUMN images INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE users ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE users ADD COLUMN max_images INTEGER;
  ALTER TABLE users ADD COLUMN max_bytes INTEGER;
  UPDATE users SET images = counted.images, bytes = counted.bytes
    FROM (SELECT user, count(*) AS images, sum(size_bytes) AS bytes FROM images GROUP BY user) AS counted
    WHERE counted.user = users.user;
  `,
  // What background work makes of an image, and the jobs by which it does.
  `
  ALTER TABLE images ADD COLUMN background_revision INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE images ADD COLUMN placeholder TEXT;
  ALTER TABLE images ADD COLUMN presets TEXT;
  ALTER TABLE images ADD COLUMN exif TEXT;
  ALTER TABLE images ADD COLUMN accepted_at INTEGER;
  ALTER TABLE images ADD COLUMN former_versions TEXT;
  CREATE INDEX images_trash ON images (user, upload_time, image_id) WHERE deleted_at IS NOT NULL;
  CREATE TABLE jobs (
    job INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    queued_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    failure TEXT,
    is_dead INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX jobs_due ON jobs (kind, due_at) WHERE is_dead = 0;
  CREATE INDEX jobs_dead ON jobs (job) WHERE is_dead = 1;
  `,
  // Who did what. Its own order is that in which it is read, which its other indexes end with as it is: no row has
  // a number. Names are kept as they are, so that they go with their events.
  `
  CREATE TABLE audit (
    at INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    actor TEXT,
    action TEXT NOT NULL,
    image_id BLOB,
    user_id TEXT,
    outcome TEXT NOT NULL,
    request_id TEXT NOT NULL,
    address TEXT,
    PRIMARY KEY (at, event_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX audit_by_user ON audit (user_id, at, event_id) WHERE user_id IS NOT NULL;
  CREATE INDEX audit_by_image ON audit (image_id, at, event_id) WHERE image_id IS NOT NULL;
  `,
  // Links by which anybody may see an image. They go with their image, when what it leaves behind is removed.
  `
  CREATE TABLE share_links (
    image_id BLOB NOT NULL,
    link_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_by TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    views INTEGER NOT NULL,
    last_viewed_at INTEGER,
    PRIMARY KEY (image_id, link_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX share_links_by_expiry ON share_links (expires_at);
  `,
  // Who is told of changes: the whole list as JSON, in one row. And what they are told, until it has gone.
  `
  CREATE TABLE webhooks (revision INTEGER NOT NULL, content TEXT NOT NULL) STRICT;
  INSERT INTO webhooks VALUES (0, '[]');
  CREATE TABLE webhook_deliveries (
    webhook_id TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    due_at INTEGER,
    kept_until INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (webhook_id, delivery_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (webhook_id, state, delivery_id);
  CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX webhook_deliveries_kept ON webhook_deliveries (kept_until);
  `,
  // What images are found by. A later step that changes it drops it, and makes one of another name: of a table with
  // `contentless_unindexed` SQLite 3.53 leaves `search_content` behind, which that connection can neither reuse nor drop.
  `${CREATE_SEARCH} ${FILL_SEARCH}`,
];

/** The schema version that this release writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

export class NewerSchemaError extends OperatorError {
  constructor(found: number) {
    super(
      `The database has schema version ${found}, this release of Tintype knows versions up to ${SCHEMA_VERSION}. ` +
        'It was written by a newer release: start that one, or restore a backup from before the upgrade.',
    );
  }
}

/** Brings the database to this release's schema, each step whole or not at all. */
export function migrate(database: DatabaseSync): void {
  const found = schemaVersionOf(database);
  defineSearchFunctions(database);
  for (const [offset, step] of MIGRATIONS.slice(found).entries()) {
    database.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${found + offset + 1}; COMMIT;`);
  }
}

/** The schema version that a database has. @throws NewerSchemaError */
export function schemaVersionOf(database: DatabaseSync): number {
  const row = database.prepare('PRAGMA user_version').get();
  const found = Number(row?.['user_version']);
  if (found > SCHEMA_VERSION) throw new NewerSchemaError(found);
  return found;
}
