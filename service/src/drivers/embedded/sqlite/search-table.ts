import type { DatabaseSync } from 'node:sqlite';
import { type SearchedField, searchedTexts } from '../../../domain/search.ts';

/** How many bits of a row's number in the table `search` tell images of one millisecond apart. */
export const IMAGE_BITS = 21;

/** The last millisecond, in the year 2109, that leaves room for those bits in SQLite's 64. */
export const LATEST_TIME = 2 ** 42 - 1;

/**
 * A row for each image, whatever its status. Rows are numbered by the time of upload, then by the image's number,
 * so that what is found is walked in the order of time, as far as a page goes, and never sorted. `scope` has what else
 * an image is asked for by, as words: `u` and the number of its user, `t` and that of each of its tags, and the names
 * of the states in which it is not shown. Only the index is kept, not the texts once more.
 * https://www.sqlite.org/fts5.html#contentless_delete_tables
 */
export const CREATE_SEARCH = `
  CREATE VIRTUAL TABLE search USING fts5 (
    title, tags, filename, description, scope, image UNINDEXED,
    content = '', contentless_delete = 1, contentless_unindexed = 1, prefix = '1 2 3',
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
  );
`;

/** Fills the table, which must be empty, from the images. Needs `defineSearchFunctions`. */
export const FILL_SEARCH = `
  INSERT OR IGNORE INTO tags (name) SELECT DISTINCT t.value FROM images i, json_each(i.tags) t;
  INSERT INTO search (rowid, title, tags, filename, description, scope, image)
  SELECT (i.upload_time << ${IMAGE_BITS}) | (i.image & ${2 ** IMAGE_BITS - 1}), search_words('title', i.title),
    search_words('tags', i.tags), search_words('filename', i.filename), search_words('description', i.description),
    'u' || i.user || coalesce(
      (SELECT group_concat(' t' || n.tag, '') FROM json_each(i.tags) t JOIN tags n ON n.name = t.value), '') ||
      CASE WHEN i.deleted_at IS NOT NULL THEN ' deleted hidden'
        WHEN i.status <> 'ready' THEN ' ' || i.status || ' hidden' ELSE '' END,
    i.image
  FROM images i ORDER BY 1;
`;

/** Makes the table anew from the images, in one transaction: for nobody but who has the folder alone. */
export function rebuildSearch(database: DatabaseSync): number {
  defineSearchFunctions(database);
  database.exec(`BEGIN IMMEDIATE; INSERT INTO search (search) VALUES ('delete-all'); ${FILL_SEARCH} COMMIT;`);
  return Number(database.prepare('SELECT count(*) AS count FROM images').get()?.['count']);
}

/** Between tags, which no term spans: a character that is in no word. */
const SEPARATOR = ' \ue000 ';

const EMPTY = { title: null, tags: [], filename: null, description: null };

/** The words of a text of an image as the table has them. */
export function searchedColumn(field: SearchedField, texts: Parameters<typeof searchedTexts>[0]): string {
  return searchedTexts(texts)[field].join(SEPARATOR);
}

/** `search_words(field, text)`: what the domain takes for the words of a text; of tags, from their JSON. */
export function defineSearchFunctions(database: DatabaseSync): void {
  database.function('search_words', { deterministic: true }, (field, text) => {
    const value = field === 'tags' ? (JSON.parse(String(text)) as string[]) : text;
    return searchedColumn(field as SearchedField, { ...EMPTY, [String(field)]: value });
  });
}
