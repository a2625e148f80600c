import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';

/**
 * A database as SQL, to keep what a release has written: `node service/test/schema/dump-database.ts index.db`. Of a
 * search table, which is virtual, only the name is said: later releases make theirs from the records.
 */
export function dumpOf(database: DatabaseSync): string {
  const lines = [`PRAGMA user_version = ${database.prepare('PRAGMA user_version').get()?.['user_version']};`];
  const entries = database
    .prepare(
      `SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'search%'
       ORDER BY type = 'index', rowid`,
    )
    .all();
  for (const { type, name, sql } of entries) {
    lines.push(`${String(sql)};`);
    if (type === 'table') lines.push(...rowsOf(database, String(name)));
  }
  return `${lines.join('\n')}\n`;
}

function rowsOf(database: DatabaseSync, table: string): string[] {
  const columns = database.prepare(`SELECT name FROM pragma_table_info(?)`).all(table);
  const quoted = columns.map(({ name }) => `quote("${String(name)}")`).join(` || ', ' || `);
  const rows = database.prepare(`SELECT ${quoted} AS row FROM "${table}"`).all();
  return rows.map(({ row }) => `INSERT INTO "${table}" VALUES (${String(row)});`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  using database = new DatabaseSync(process.argv[2] ?? '', { readOnly: true });
  process.stdout.write(dumpOf(database));
}
