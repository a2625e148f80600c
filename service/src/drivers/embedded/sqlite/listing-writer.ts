import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

/** The tables of rows by which listings find images by their tags. */
export const ROW_TABLES = {
  image_tags: { columns: ['tag', 'upload_time', 'image_id'], owner: '' },
  user_tags: { columns: ['tag', 'user', 'upload_time', 'image_id'], owner: 'AND i.user = w.user' },
} as const;

export type RowTable = keyof typeof ROW_TABLES;

/** Where a row lies: the values of its table's primary key, in the order of its columns. */
export interface RowPlace {
  readonly table: RowTable;
  readonly key: readonly SQLInputValue[];
}

/** A change of rows that belong to no image. Those that do change with their images (image-writer.ts). */
export type ListingCommand = RowPlace & { readonly kind: 'listing-remove-stray' };

export function isListingCommand(command: { readonly kind: string }): command is ListingCommand {
  return command.kind.startsWith('listing-');
}

/** Whether the row `w` of a table has an image that is listed, at this time, by this tag. */
export function hasImage(table: RowTable): string {
  return `EXISTS (SELECT 1 FROM images i JOIN json_each(i.tags) t JOIN tags n ON n.name = t.value
    WHERE i.image = w.image AND i.image_id = w.image_id AND i.upload_time = w.upload_time
      AND i.status = 'ready' AND i.deleted_at IS NULL AND n.tag = w.tag ${ROW_TABLES[table].owner})`;
}

/** The condition for the row at a place. */
export function isAt(table: RowTable): string {
  return ROW_TABLES[table].columns.map((column) => `w.${column} = ?`).join(' AND ');
}

/** Applies changes of rows within a transaction that somebody else opens and commits. */
export class ListingWriter {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @returns whether anything was changed. */
  apply({ table, key }: ListingCommand): boolean {
    const sql = `DELETE FROM ${table} AS w WHERE ${isAt(table)} AND NOT ${hasImage(table)}`;
    return Number(this.#database.prepare(sql).run(...key).changes) > 0;
  }
}
