import type { DatabaseSync } from 'node:sqlite';
import type { ImageRecord } from '../../../domain/image.ts';
import type { ImageWalk } from '../../../ports/image-walk.ts';
import { RECORD_COLUMNS, type RecordRow, recordFromRow } from './image-row.ts';
import { databaseFailure } from './write-batch.ts';

const PAGE = 500;

/** Page by page in the order of ids: no read stays open between them, which would hold up checkpoints. */
export class SqliteImageWalk implements ImageWalk {
  readonly #reader: DatabaseSync;

  constructor(reader: DatabaseSync) {
    this.#reader = reader;
  }

  async *walk(): AsyncGenerator<ImageRecord> {
    let after: Uint8Array = new Uint8Array();
    for (;;) {
      const rows = this.#pageAfter(after);
      for (const row of rows) yield recordFromRow(row);
      const last = rows.at(-1);
      if (!last) return;
      after = last.image_id;
    }
  }

  async estimate(): Promise<number> {
    try {
      const row = this.#reader.prepare('SELECT count(*) AS count FROM images').get();
      return Number(row?.['count']);
    } catch (error) {
      throw databaseFailure(error);
    }
  }

  #pageAfter(after: Uint8Array): RecordRow[] {
    try {
      return this.#reader
        .prepare(
          `SELECT ${RECORD_COLUMNS} FROM images i JOIN users u ON u.user = i.user
           WHERE i.image_id > ? ORDER BY i.image_id LIMIT ?`,
        )
        .all(after, PAGE) as unknown as RecordRow[];
    } catch (error) {
      throw databaseFailure(error);
    }
  }
}
