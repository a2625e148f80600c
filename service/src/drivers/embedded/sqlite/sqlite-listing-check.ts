import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { ImageRecord } from '../../../domain/image.ts';
import type { ImageId } from '../../../domain/image-id.ts';
import type { ListingCheck, ListingDifferences, ListingRow } from '../../../ports/listing-check.ts';
import type { GroupCommit } from './group-commit.ts';
import { idFromBytes, idToBytes, RECORD_COLUMNS, type RecordRow, recordFromRow } from './image-row.ts';
import { hasImage, isAt, ROW_TABLES, type RowPlace, type RowTable } from './listing-writer.ts';
import { Statements } from './statements.ts';
import { databaseFailure } from './write-batch.ts';

/** Rows of a table that one statement looks at: no read stays open for longer, which would hold up checkpoints. */
const PAGE = 2000;

const TABLES = Object.keys(ROW_TABLES) as readonly RowTable[];

/**
 * The rows of tags, and the time at which an image becomes due. Everything else by which listings find images
 * are indexes of the table `images`, which SQLite keeps itself.
 */
export class SqliteListingCheck implements ListingCheck {
  readonly #reader: Statements;
  readonly #commits: GroupCommit;

  constructor(reader: DatabaseSync, commits: GroupCommit) {
    this.#reader = new Statements(reader);
    this.#commits = commits;
  }

  async suspectsAmong(records: readonly ImageRecord[]): Promise<readonly ImageId[]> {
    return records.filter((record) => this.#missingOf(record).length > 0).map(({ image_id }) => image_id);
  }

  async differencesOf(image_id: ImageId): Promise<ListingDifferences | undefined> {
    const sql = `SELECT ${RECORD_COLUMNS} FROM images i JOIN users u ON u.user = i.user WHERE i.image_id = ?`;
    return this.#inOneView(() => {
      const [row] = this.#all(sql, idToBytes(image_id)) as unknown as RecordRow[];
      if (!row) return undefined;
      const record = recordFromRow(row);
      const missing = this.#missingOf(record);
      return missing.length > 0 ? { record, missing, stale: [] } : undefined;
    });
  }

  async *strays(): AsyncGenerator<ListingRow> {
    for (const table of TABLES) yield* this.#straysOf(table);
  }

  async isStray(row: ListingRow): Promise<boolean> {
    const { table, key } = placeOf(row);
    const sql = `SELECT 1 FROM ${table} w WHERE ${isAt(table)} AND NOT ${hasImage(table)}`;
    return this.#all(sql, ...key).length > 0;
  }

  async removeStray(row: ListingRow): Promise<boolean> {
    return (await this.#commits.write({ kind: 'listing-remove-stray', ...placeOf(row) })) === true;
  }

  *#straysOf(table: RowTable): Generator<ListingRow> {
    const { columns } = ROW_TABLES[table];
    const named = columns.map((column) => `w.${column}`).join(', ');
    const after = `(${named}) > (${columns.map(() => '?').join(', ')})`;
    let last: SQLInputValue[] = columns.map((column) => (column === 'image_id' ? new Uint8Array() : -1));
    for (;;) {
      const sql = `SELECT ${named}, ${hasImage(table)} AS has_image FROM ${table} w
        WHERE ${after} ORDER BY ${named} LIMIT ${PAGE}`;
      const rows = this.#all(sql, ...last) as Record<string, SQLInputValue>[];
      for (const row of rows) if (row['has_image'] === 0) yield rowOf(table, keyOf(table, row));
      const end = rows.at(-1);
      if (!end) return;
      last = keyOf(table, end);
    }
  }

  /** The places at which an image should be found, and is not. */
  #missingOf(record: ImageRecord): string[] {
    const id = idToBytes(record.image_id);
    const missing: string[] = [];
    const due = record.deleted_at ?? record.upload?.expires_at;
    const due_at = due === undefined ? null : Date.parse(due);
    const isDueThen = this.#all('SELECT 1 FROM images WHERE image_id = ? AND due_at IS ?', id, due_at);
    if (isDueThen.length === 0) missing.push('images.due_at');
    if (record.status !== 'ready' || record.deleted_at !== null) return missing;
    for (const tag of record.tags) {
      for (const table of TABLES) {
        if (!this.#isListed(table, tag, record, id)) missing.push(`${table} ${tag}`);
      }
    }
    return missing;
  }

  #isListed(table: RowTable, tag: string, { upload_time }: ImageRecord, id: Uint8Array): boolean {
    // `CROSS JOIN` keeps the order: from the tag and the image straight to the row.
    const sql = `SELECT 1 FROM tags n CROSS JOIN images i CROSS JOIN ${table} w
      WHERE n.name = ? AND i.image_id = ? AND w.tag = n.tag ${ROW_TABLES[table].owner}
        AND w.upload_time = ? AND w.image_id = i.image_id AND w.image = i.image`;
    return this.#all(sql, tag, id, Date.parse(upload_time)).length > 0;
  }

  #inOneView<T>(read: () => T): T {
    this.#all('BEGIN');
    try {
      return read();
    } finally {
      this.#all('COMMIT');
    }
  }

  #all(sql: string, ...values: readonly SQLInputValue[]) {
    try {
      return this.#reader.get(sql).all(...values);
    } catch (error) {
      throw databaseFailure(error);
    }
  }
}

function keyOf(table: RowTable, row: Readonly<Record<string, SQLInputValue>>): SQLInputValue[] {
  return ROW_TABLES[table].columns.map((column) => row[column] ?? null);
}

/** The table, then the numbers of its key; the image's id is beside it. */
function rowOf(table: RowTable, key: readonly SQLInputValue[]): ListingRow {
  const id = key.at(-1);
  const image_id = idFromBytes(id instanceof Uint8Array ? id : new Uint8Array());
  return { image_id, place: [table, ...key.slice(0, -1)].join(' ') };
}

function placeOf({ image_id, place }: ListingRow): RowPlace {
  const [name, ...numbers] = place.split(' ');
  const table = TABLES.find((known) => known === name);
  if (!table) throw new Error('Not a place of a row.');
  return { table, key: [...numbers.map(Number), idToBytes(image_id)] };
}
