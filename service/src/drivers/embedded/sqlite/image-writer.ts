import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { AuditEvent } from '../../../domain/audit-event.ts';
import { DomainError, imageNotFound } from '../../../domain/errors.ts';
import { type FormerVersion, type ImageRecord, storedBytes } from '../../../domain/image.ts';
import type { AuditWriter } from './audit-writer.ts';
import { idToBytes } from './image-row.ts';
import type { JobToAdd, JobWriter } from './job-writer.ts';
import { Numbers } from './numbers.ts';
import { isFoundOtherwise, SearchWriter, type StoredTexts } from './search-writer.ts';
import { Statements } from './statements.ts';

/** A change of the images' tables as plain data, so that it can be sent to the writing thread. */
export type ImageCommand =
  | ({ readonly kind: 'insert'; readonly record: ImageRecord } & Along)
  | ({ readonly kind: 'replace'; readonly previous: Expected; readonly next: ImageRecord } & Along)
  | ({ readonly kind: 'remove'; readonly previous: Expected } & Along)
  /** Changes nothing, but as every change does, through the disk. */
  | ({ readonly kind: 'probe' } & Along);

/** Written with the change that causes it, or not at all. */
interface Along {
  readonly jobs?: readonly JobToAdd[];
  /** Who made the change. */
  readonly audit?: AuditEvent;
}

/** Of a record, what must be stored for a change to be made. */
const EXPECTED = ['version', 'revision', 'background_revision', 'status'] as const;

export type Expected = Pick<ImageRecord, 'image_id' | (typeof EXPECTED)[number]>;

export function expectedOf({ image_id, version, revision, background_revision, status }: Expected): Expected {
  return { image_id, version, revision, background_revision, status };
}

interface StoredRow extends StoredTexts {
  readonly user: number;
  readonly size_bytes: number;
  readonly object_key: string;
  readonly former_versions: string | null;
  readonly version: number;
  readonly revision: number;
  readonly background_revision: number;
}

const COLUMNS = [
  'image_id',
  'user',
  'filename',
  'title',
  'description',
  'tags',
  'content_type',
  'size_bytes',
  'width',
  'height',
  'checksum_sha256',
  'status',
  'rejection_reason',
  'version',
  'revision',
  'created_at',
  'upload_time',
  'updated_at',
  'deleted_at',
  'object_key',
  'upload',
  'due_at',
  'background_revision',
  'placeholder',
  'presets',
  'exif',
  'accepted_at',
  'former_versions',
];

const INSERT = `INSERT INTO images (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})
  ON CONFLICT (image_id) DO NOTHING`;
const UPDATE = `UPDATE images SET ${COLUMNS.map((column) => `${column} = ?`).join(', ')} WHERE image = ?`;

/** Applies changes of images within a transaction that somebody else opens and commits. */
export class ImageWriter {
  readonly #jobs: JobWriter;
  readonly #audit: AuditWriter;
  readonly #statements: Statements;
  readonly #numbers: Numbers;
  readonly #search: SearchWriter;

  constructor(database: DatabaseSync, jobs: JobWriter, audit: AuditWriter) {
    this.#statements = new Statements(database);
    this.#numbers = new Numbers(this.#statements);
    this.#search = new SearchWriter(this.#statements);
    this.#jobs = jobs;
    this.#audit = audit;
  }

  /** @throws DomainError `conflict` or `not_found` where what is stored is not what was expected. */
  apply(command: ImageCommand): void {
    if (command.kind === 'probe') {
      // Back and forth by a millisecond: of a row that stays as it is SQLite writes nothing.
      this.#statements.get('UPDATE run SET started_at = started_at + 1 - 2 * (started_at % 2)').run();
      return;
    }
    if (command.kind === 'insert') this.#insert(command.record);
    else if (command.kind === 'replace') this.#replace(command.previous, command.next);
    else this.#remove(command.previous);
    for (const job of command.jobs ?? []) this.#jobs.add(job);
    if (command.audit) this.#audit.record(command.audit);
  }

  #insert(record: ImageRecord): void {
    const user = this.#numbers.ofUser(record.user_id);
    const { lastInsertRowid, changes } = this.#statements.get(INSERT).run(...valuesOf(record, user));
    if (changes === 0) throw new DomainError('conflict', 'There is an image with this id already.');
    this.#count(user, 1, storedBytes(record));
    const image = Number(lastInsertRowid);
    const tags = this.#tagsOf(record);
    this.#list(image, user, tags, record);
    this.#search.add({ image, user, tags, record });
    this.#keepClock(record);
  }

  #replace(previous: Expected, next: ImageRecord): void {
    const stored = this.#stored(previous);
    this.#unlist(stored, next.image_id);
    this.#statements.get(UPDATE).run(...valuesOf(next, stored.user), stored.image);
    const more = storedBytes(next) - storedBytesOf(stored);
    if (more !== 0) this.#count(stored.user, 0, more);
    const tags = this.#tagsOf(next);
    this.#list(stored.image, stored.user, tags, next);
    if (isFoundOtherwise(stored, next)) {
      this.#search.remove(stored);
      this.#search.add({ image: stored.image, user: stored.user, tags, record: next });
    }
    this.#keepClock(next);
  }

  #remove(previous: Expected): void {
    const stored = this.#stored(previous);
    this.#unlist(stored, previous.image_id);
    this.#search.remove(stored);
    this.#statements.get('DELETE FROM images WHERE image = ?').run(stored.image);
    this.#count(stored.user, -1, -storedBytesOf(stored));
  }

  #stored(expected: Expected): StoredRow {
    const stored = this.#statements
      .get(
        `SELECT image, user, upload_time, size_bytes, object_key, former_versions, title, tags, filename, description,
         version, revision, background_revision, status, deleted_at
       FROM images WHERE image_id = ?`,
      )
      .get(idToBytes(expected.image_id)) as StoredRow | undefined;
    if (!stored) throw imageNotFound();
    if (EXPECTED.some((name) => stored[name] !== expected[name])) {
      throw new DomainError('conflict', 'The image has changed meanwhile.');
    }
    return stored;
  }

  #tagsOf({ tags }: ImageRecord): number[] {
    return tags.map((name) => this.#numbers.ofTag(name));
  }

  /** What a user has, whatever its status: changed with the records, so that it cannot go wrong. */
  #count(user: number, images: number, bytes: number): void {
    this.#statements
      .get('UPDATE users SET images = images + ?, bytes = bytes + ? WHERE user = ?')
      .run(images, bytes, user);
  }

  /** Makes the rows by which listings find the image, if it is to be found. */
  #list(image: number, user: number, tags: readonly number[], record: ImageRecord): void {
    if (record.status !== 'ready' || record.deleted_at !== null) return;
    const id = idToBytes(record.image_id);
    const time = Date.parse(record.upload_time);
    for (const tag of tags) {
      this.#statements.get('INSERT INTO image_tags VALUES (?, ?, ?, ?)').run(tag, time, id, image);
      this.#statements.get('INSERT INTO user_tags VALUES (?, ?, ?, ?, ?)').run(tag, user, time, id, image);
    }
  }

  #unlist(stored: StoredRow, imageId: string): void {
    const id = idToBytes(imageId);
    for (const name of JSON.parse(stored.tags) as string[]) {
      const tag = this.#numbers.ofTag(name);
      const { upload_time, user } = stored;
      this.#statements
        .get('DELETE FROM image_tags WHERE tag = ? AND upload_time = ? AND image_id = ?')
        .run(tag, upload_time, id);
      this.#statements
        .get('DELETE FROM user_tags WHERE tag = ? AND user = ? AND upload_time = ? AND image_id = ?')
        .run(tag, user, upload_time, id);
    }
  }

  /** The clock of record goes on from here after a restart, whatever becomes of this image. */
  #keepClock({ updated_at }: ImageRecord): void {
    const time = Date.parse(updated_at);
    this.#statements.get('UPDATE clock SET latest = ? WHERE latest < ?').run(time, time);
  }
}

/** When something is to become of it: its upload ends, or it has lain in the trash for a while. */
function dueAt({ upload, deleted_at }: ImageRecord): number | null {
  const time = deleted_at ?? upload?.expires_at;
  return time === undefined ? null : Date.parse(time);
}

function storedBytesOf({ object_key, size_bytes, former_versions }: StoredRow): number {
  if (former_versions === null) return size_bytes;
  return storedBytes({
    object_key,
    size_bytes,
    former_versions: JSON.parse(former_versions) as FormerVersion[],
  });
}

/** In the order of COLUMNS. */
function valuesOf(record: ImageRecord, user: number): SQLInputValue[] {
  return [
    idToBytes(record.image_id),
    user,
    record.filename,
    record.title,
    record.description,
    JSON.stringify(record.tags),
    record.content_type,
    record.size_bytes,
    record.width,
    record.height,
    record.checksum_sha256 === null ? null : Buffer.from(record.checksum_sha256, 'hex'),
    record.status,
    record.rejection_reason,
    record.version,
    record.revision,
    Date.parse(record.created_at),
    Date.parse(record.upload_time),
    Date.parse(record.updated_at),
    record.deleted_at === null ? null : Date.parse(record.deleted_at),
    record.object_key,
    record.upload && JSON.stringify(record.upload),
    dueAt(record),
    record.background_revision,
    record.placeholder && JSON.stringify(record.placeholder),
    record.presets && JSON.stringify(record.presets),
    record.exif && JSON.stringify(record.exif),
    Date.parse(record.accepted_at),
    record.former_versions.length === 0 ? null : JSON.stringify(record.former_versions),
  ];
}
