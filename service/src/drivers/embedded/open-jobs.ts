import { join } from 'node:path';
import type { DeadJobs } from '../../ports/dead-jobs.ts';
import type { JobCounter } from '../../ports/job-counts.ts';
import { openReader } from './open-for-reading.ts';
import { connect } from './sqlite/connection.ts';
import { countJobs } from './sqlite/count-jobs.ts';
import { GroupCommit } from './sqlite/group-commit.ts';
import { SqliteJobQueue } from './sqlite/sqlite-job-queue.ts';
import { writeBatch } from './sqlite/write-batch.ts';
import { CommandWriter } from './sqlite/write-command.ts';

/** The jobs of a data folder that another process may have open. */
export interface OpenedJobs extends DeadJobs, JobCounter {
  close(): void;
}

/**
 * Opens the jobs of a data folder without its lock: a server may work them off meanwhile. Reading changes
 * nothing. A retry is one small transaction of a second connection, which waits for its turn if it has to; the
 * server finds the jobs when it looks again, or at its next start.
 */
export function openJobs(folder: string): OpenedJobs {
  const reader = openReader(folder);
  const commits = new GroupCommit(async (commands) => {
    const database = connect(join(folder, 'index.db'));
    try {
      return writeBatch(database, new CommandWriter(database), commands);
    } finally {
      database.close();
    }
  });
  const queue = new SqliteJobQueue(reader, commits);
  return {
    listDead: (limit) => queue.listDead(limit),
    retryDead: (id) => queue.retryDead(id),
    countJobs: async () => countJobs(reader),
    close: () => reader.close(),
  };
}
