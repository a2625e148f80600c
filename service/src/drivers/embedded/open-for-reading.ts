import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../../domain/operator-error.ts';
import { createSigner } from '../../domain/signing.ts';
import type { ImageIndex } from '../../ports/image-index.ts';
import type { ImageWalk } from '../../ports/image-walk.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { QuotaLedger } from '../../ports/quota-ledger.ts';
import type { UsageWalk } from '../../ports/usage-walk.ts';
import { DiskObjectStore } from './disk/disk-object-store.ts';
import { GroupCommit } from './sqlite/group-commit.ts';
import { SCHEMA_VERSION, schemaVersionOf } from './sqlite/migrations.ts';
import { SqliteImageIndex } from './sqlite/sqlite-image-index.ts';
import { SqliteImageWalk } from './sqlite/sqlite-image-walk.ts';
import { SqliteQuotaLedger } from './sqlite/sqlite-quota-ledger.ts';
import { SqliteUsageWalk } from './sqlite/sqlite-usage-walk.ts';

/** Names below a data folder, and below a backup, which is one but for its mark. */
export const DATABASE = 'index.db';
export const LOCK = 'lock.db';
export const SIGNING_SECRET = 'signing-secret';
export const BACKUP_MARK = 'backup.json';

/** What can be read of a data folder that another process may have open. */
export interface ReadableStorage {
  readonly index: Pick<ImageIndex, 'get'>;
  readonly quotas: Pick<QuotaLedger, 'usageOf'>;
  readonly walk: ImageWalk;
  readonly usages: UsageWalk;
  readonly objects: Pick<ObjectStore, 'open' | 'list'>;
  close(): void;
}

/**
 * Opens a data folder for reading only, without its lock: a server may serve it meanwhile, and what it
 * commits is seen. Nothing in it is changed. (SQLite may leave its own `index.db-wal`, empty, and
 * `index.db-shm` behind; the next server takes them over.)
 */
export function openStorageForReading(folder: string): ReadableStorage {
  const reader = openReader(folder);
  const commits = new GroupCommit(() => Promise.reject(new Error('The storage is open for reading only.')));
  return {
    index: new SqliteImageIndex(reader, commits),
    quotas: new SqliteQuotaLedger(reader, commits),
    walk: new SqliteImageWalk(reader),
    usages: new SqliteUsageWalk(reader),
    // Signs nothing: nobody is given URLs by a process that only reads.
    objects: new DiskObjectStore({ folder, publicUrl: '', signer: createSigner([''], 'object-urls') }),
    close: () => reader.close(),
  };
}

/** The database of a data folder, for reading only, if it is there and as this release writes it. @throws OperatorError */
export function openReader(folder: string): DatabaseSync {
  const databasePath = join(folder, DATABASE);
  if (!existsSync(databasePath)) {
    throw new OperatorError(`The folder ${folder} holds no images: there is no index.db in it.`);
  }
  const reader = new DatabaseSync(databasePath, { readOnly: true, timeout: 5000 });
  try {
    mustBeCurrent(folder, schemaVersionOf(reader));
  } catch (error) {
    reader.close();
    throw error;
  }
  return reader;
}

function mustBeCurrent(folder: string, found: number): void {
  if (found === SCHEMA_VERSION) return;
  throw new OperatorError(
    `The data folder ${folder} has schema version ${found}, and this release reads version ${SCHEMA_VERSION}. ` +
      'Start this release of the server on it once: that brings it up to date.',
  );
}
