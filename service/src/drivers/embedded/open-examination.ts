import { join } from 'node:path';
import { createSigner } from '../../domain/signing.ts';
import type { BegunUploads } from '../../ports/begun-uploads.ts';
import type { DeadJobs } from '../../ports/dead-jobs.ts';
import type { ImageIndex } from '../../ports/image-index.ts';
import type { ImageWalk } from '../../ports/image-walk.ts';
import type { KnownJobs } from '../../ports/known-jobs.ts';
import type { ListingCheck } from '../../ports/listing-check.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { QuotaLedger } from '../../ports/quota-ledger.ts';
import type { TemporaryFiles } from '../../ports/temporary-files.ts';
import type { UploadStore } from '../../ports/upload-store.ts';
import type { UsageWalk } from '../../ports/usage-walk.ts';
import { DiskBegunUploads } from './disk/disk-begun-uploads.ts';
import { DiskObjectStore } from './disk/disk-object-store.ts';
import { DiskTemporaryFiles } from './disk/disk-temporary-files.ts';
import { DiskUploadStore } from './disk/disk-upload-store.ts';
import { DurableFolders } from './disk/durable-folders.ts';
import { DATABASE, openReader } from './open-for-reading.ts';
import { connect } from './sqlite/connection.ts';
import { GroupCommit } from './sqlite/group-commit.ts';
import { SqliteImageIndex } from './sqlite/sqlite-image-index.ts';
import { SqliteImageWalk } from './sqlite/sqlite-image-walk.ts';
import { SqliteJobQueue } from './sqlite/sqlite-job-queue.ts';
import { SqliteKnownJobs } from './sqlite/sqlite-known-jobs.ts';
import { SqliteListingCheck } from './sqlite/sqlite-listing-check.ts';
import { SqliteQuotaLedger } from './sqlite/sqlite-quota-ledger.ts';
import { SqliteUsageWalk } from './sqlite/sqlite-usage-walk.ts';
import { writeBatch } from './sqlite/write-batch.ts';
import { CommandWriter } from './sqlite/write-command.ts';

/** A data folder that another process may serve, opened to be looked through. */
export interface ExaminedFolder {
  readonly index: Pick<ImageIndex, 'get'>;
  readonly quotas: Pick<QuotaLedger, 'usageOf'>;
  readonly walk: ImageWalk;
  readonly usages: UsageWalk;
  readonly listings: ListingCheck;
  readonly knownJobs: KnownJobs;
  readonly deadJobs: Pick<DeadJobs, 'listDead'>;
  readonly temporaryFiles: TemporaryFiles;
  readonly begunUploads: BegunUploads;
  /** These two sign nothing: nobody is given URLs by a command. */
  readonly objects: ObjectStore;
  readonly uploads: UploadStore;
  close(): void;
}

/**
 * Opens a data folder without its lock. Nothing in it is changed by looking; to change anything, hold its lock
 * (`openStorage`).
 * @throws OperatorError where there is none of this release.
 */
export function openExamination(folder: string): ExaminedFolder {
  const reader = openReader(folder);
  const commits = new GroupCommit(async (commands) => {
    const database = connect(join(folder, DATABASE));
    try {
      return writeBatch(database, new CommandWriter(database), commands);
    } finally {
      database.close();
    }
  });
  const folders = new DurableFolders();
  const signer = createSigner([''], 'object-urls');
  return {
    index: new SqliteImageIndex(reader, commits),
    quotas: new SqliteQuotaLedger(reader, commits),
    walk: new SqliteImageWalk(reader),
    usages: new SqliteUsageWalk(reader),
    listings: new SqliteListingCheck(reader, commits),
    knownJobs: new SqliteKnownJobs(reader),
    deadJobs: new SqliteJobQueue(reader, commits),
    temporaryFiles: new DiskTemporaryFiles(folder),
    begunUploads: new DiskBegunUploads(folder),
    objects: new DiskObjectStore({ folder, publicUrl: '', signer, folders }),
    uploads: new DiskUploadStore({ folder, publicUrl: '', signer, folders }),
    close: () => reader.close(),
  };
}
