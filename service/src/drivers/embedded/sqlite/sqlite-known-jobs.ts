import type { DatabaseSync } from 'node:sqlite';
import type { ImageId } from '../../../domain/image-id.ts';
import { JOB_KINDS } from '../../../domain/job.ts';
import type { KnownJob, KnownJobs } from '../../../ports/known-jobs.ts';
import { Statements } from './statements.ts';
import { databaseFailure } from './write-batch.ts';

/**
 * The rows of the table of jobs that will do something to an image: telling others of it is not among them. It is looked through: few jobs wait at any
 * time.
 */
export class SqliteKnownJobs implements KnownJobs {
  readonly #reader: Statements;

  constructor(reader: DatabaseSync) {
    this.#reader = new Statements(reader);
  }

  async jobsOf(image_id: ImageId): Promise<KnownJob[]> {
    // The id is as long as every other: nothing else in a job's text contains it.
    const sql = "SELECT kind, is_dead FROM jobs WHERE kind <> 'announce-event' AND instr(content, ?) > 0";
    try {
      return this.#reader
        .get(sql)
        .all(`"image_id":"${image_id}"`)
        .flatMap((row) => {
          const kind = JOB_KINDS.find((known) => known === row['kind']);
          return kind ? [{ kind, is_dead: row['is_dead'] === 1 }] : [];
        });
    } catch (error) {
      throw databaseFailure(error);
    }
  }
}
