import type { ImageRecord } from '../../../domain/image.ts';
import { SEARCHED_FIELDS } from '../../../domain/search.ts';
import { IMAGE_BITS, searchedColumn } from './search-table.ts';
import type { Statements } from './statements.ts';

/** An image as the database numbers it, with the numbers of its tags. */
export interface SearchedImage {
  readonly image: number;
  readonly user: number;
  readonly tags: readonly number[];
  readonly record: ImageRecord;
}

/** What of an image its row in the table `search` was made of, as the database has it. */
export interface StoredTexts {
  readonly image: number;
  readonly upload_time: number;
  readonly title: string | null;
  readonly tags: string;
  readonly filename: string | null;
  readonly description: string | null;
  readonly status: string;
  readonly deleted_at: number | null;
}

const ROW = `(? << ${IMAGE_BITS}) | (? & ${2 ** IMAGE_BITS - 1})`;

/** Keeps the table `search` as images say, within a transaction that somebody else opens and commits. */
export class SearchWriter {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  add({ image, user, tags, record }: SearchedImage): void {
    const texts = SEARCHED_FIELDS.map((field) => searchedColumn(field, record));
    const scope = [`u${user}`, ...tags.map((tag) => `t${tag}`), ...statesOf(record)];
    this.#statements
      .get(
        `INSERT INTO search (rowid, ${SEARCHED_FIELDS.join(', ')}, scope, image)
        VALUES (${ROW}, ?, ?, ?, ?, ?, ?)`,
      )
      .run(Date.parse(record.upload_time), image, ...texts, scope.join(' '), image);
  }

  remove({ upload_time, image }: Pick<StoredTexts, 'upload_time' | 'image'>): void {
    this.#statements.get(`DELETE FROM search WHERE rowid = ${ROW}`).run(upload_time, image);
  }
}

/** Whether an image's row would be another now. What background work writes leaves it as it is. */
export function isFoundOtherwise(stored: StoredTexts, next: ImageRecord): boolean {
  return (
    stored.title !== next.title ||
    stored.filename !== next.filename ||
    stored.description !== next.description ||
    stored.tags !== JSON.stringify(next.tags) ||
    stored.status !== next.status ||
    (stored.deleted_at === null) !== (next.deleted_at === null) ||
    stored.upload_time !== Date.parse(next.upload_time)
  );
}

/** The names of the states in which an image is not shown. */
function statesOf({ status, deleted_at }: ImageRecord): readonly string[] {
  if (deleted_at !== null) return ['deleted', 'hidden'];
  return status === 'ready' ? [] : [status, 'hidden'];
}
