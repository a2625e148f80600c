import type { DatabaseSync } from 'node:sqlite';
import type { JobCount } from '../../../ports/job-counts.ts';
import { databaseFailure } from './write-batch.ts';

/**
 * Of the column `failure` the row with the latest try is taken, as SQLite promises where there is one `max()`
 * (https://www.sqlite.org/lang_select.html#bareagg); those that have not failed count as tried never.
 */
const SQL = `
  SELECT kind, sum(is_dead = 0) AS waiting, sum(is_dead = 0 AND tries > 0) AS retried, sum(is_dead) AS dead,
    failure, max(CASE WHEN is_dead = 0 AND tries > 0 THEN due_at ELSE -1 END) AS latest
  FROM jobs GROUP BY kind ORDER BY kind`;

/** The jobs of a database, by their kind; of a kind that has none nothing is said. */
export function countJobs(reader: DatabaseSync): JobCount[] {
  try {
    const rows = reader.prepare(SQL).all();
    return rows.map(({ kind, waiting, retried, dead, failure }) => ({
      name: String(kind),
      waiting: Number(waiting),
      retried: Number(retried),
      in_hand: null,
      dead: Number(dead),
      failure: Number(retried) > 0 && failure !== null ? String(failure) : null,
    }));
  } catch (error) {
    throw databaseFailure(error);
  }
}
