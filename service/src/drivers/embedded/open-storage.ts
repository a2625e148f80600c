import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../../domain/operator-error.ts';
import type { Log } from '../../ports/log.ts';
import { OBJECTS, prepareObjectFolders } from './disk/disk-object-store.ts';
import { prepareUploadFolders } from './disk/disk-upload-store.ts';
import { lockFolder } from './folder-lock.ts';
import { BACKUP_MARK, DATABASE, LOCK, SIGNING_SECRET } from './open-for-reading.ts';
import { recoverFrom } from './recovery.ts';
import { keptSigningSecret } from './signing-secret.ts';
import { connect } from './sqlite/connection.ts';
import { GroupCommit } from './sqlite/group-commit.ts';
import { migrate, SCHEMA_VERSION, schemaVersionOf } from './sqlite/migrations.ts';
import { RecentRecords } from './sqlite/recent-records.ts';
import { SqliteAuditTrail } from './sqlite/sqlite-audit-trail.ts';
import { SqliteIdempotencyKeys } from './sqlite/sqlite-idempotency-keys.ts';
import { SqliteImageIndex } from './sqlite/sqlite-image-index.ts';
import { SqliteImageWalk } from './sqlite/sqlite-image-walk.ts';
import { SqliteJobQueue } from './sqlite/sqlite-job-queue.ts';
import { SqliteQuotaLedger } from './sqlite/sqlite-quota-ledger.ts';
import { SqliteSearchIndex } from './sqlite/sqlite-search-index.ts';
import { SqliteShareLinks } from './sqlite/sqlite-share-links.ts';
import { SqliteUsageWalk } from './sqlite/sqlite-usage-walk.ts';
import { SqliteWebhookDeliveries, SqliteWebhookRegistry } from './sqlite/sqlite-webhooks.ts';
import { beginWriterThread } from './sqlite/writer-thread.ts';

/** What a server changed in a backup would be missing when it is wanted. */
export class BackupFolderError extends OperatorError {
  constructor(folder: string) {
    super(`The folder ${folder} holds a backup. Make a data folder of it: tintype restore ${folder}`);
  }
}

/** A data folder that this process alone has open. */
export interface EmbeddedStorage {
  readonly folder: string;
  readonly index: SqliteImageIndex;
  readonly search: SqliteSearchIndex;
  readonly jobs: SqliteJobQueue;
  readonly keys: SqliteIdempotencyKeys;
  readonly quotas: SqliteQuotaLedger;
  readonly audit: SqliteAuditTrail;
  readonly links: SqliteShareLinks;
  readonly webhooks: {
    readonly registry: SqliteWebhookRegistry;
    readonly deliveries: SqliteWebhookDeliveries;
  };
  readonly walk: SqliteImageWalk;
  readonly usages: SqliteUsageWalk;
  /** Made once and kept in the folder. */
  readonly signingSecret: string;
  /** The latest time on record, in milliseconds since 1970; 0 when there is none. */
  readonly latestTime: number;
  /**
   * The machine's clock has been set back, to `now`: should this run be cut off, the next start looks at what has been
   * changed from now on, too.
   */
  clockWentBack(now: number): Promise<void>;
  /** Waits for writes that are under way and lets go of the folder. */
  close(options?: CloseOptions): Promise<void>;
}

/** Told of each commit: how many changes it held, and how many seconds it took. */
export type OnCommit = (changes: number, seconds: number) => void;

export interface CloseOptions {
  /** Something is left to be put right between bytes and records: the next start is to look. */
  readonly unfinished: boolean;
}

/**
 * Opens a data folder: locks it, brings the schema up to date, and puts right what an interrupted run
 * has left.
 * @param folder an absolute path; made when it does not exist.
 * @param thread that is to write, where somebody has begun one already.
 * @throws FolderInUseError, NewerSchemaError, BackupFolderError, each with the remedy in its message.
 */
export async function openStorage(
  folder: string,
  log: Log,
  onCommit: OnCommit = () => {},
  thread = beginWriterThread(),
): Promise<EmbeddedStorage> {
  await using opened = new AsyncDisposableStack();
  opened.adopt(thread, (begun) => begun.discard());
  if (existsSync(join(folder, BACKUP_MARK))) throw new BackupFolderError(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  opened.adopt(lockFolder(folder, join(folder, LOCK)), (lock) => lock.release());
  const databasePath = join(folder, DATABASE);
  const signingSecret = await keptSigningSecret(join(folder, SIGNING_SECRET));
  await prepareObjectFolders(folder);
  await prepareUploadFolders(folder);
  const reader = opened.adopt(connect(databasePath), (database) => database.close());
  bringUpToDate(reader, log);
  const writer = opened.adopt(await thread.open(databasePath), (opening) => opening.stop());
  const commits = new GroupCommit(async (commands) => {
    const started = performance.now();
    const outcomes = await writer.commit(commands);
    onCommit(commands.length, (performance.now() - started) / 1000);
    return outcomes;
  });
  const search = opened.adopt(new SqliteSearchIndex(databasePath), (index) => index.stop());
  const interrupted = beginOfRun(reader);
  if (interrupted !== undefined) {
    await recoverFrom(interrupted, { reader, commits, objects: join(folder, OBJECTS), log });
  }
  beginRun(reader);
  let unfinished = false;
  // Undone in the reverse order: writes come to their end, the run is over, the thread stops. A run whose
  // writing thread has died is not over: its last writes may be done or not, and the next start looks.
  opened.defer(() => {
    if (!writer.hasFailed && !unfinished) reader.exec('DELETE FROM run');
  });
  opened.defer(() => commits.drain());
  const closing = opened.move();
  const jobs = new SqliteJobQueue(reader, commits);
  return {
    folder,
    index: new SqliteImageIndex(reader, commits, jobs, new RecentRecords()),
    search,
    jobs,
    keys: new SqliteIdempotencyKeys(commits),
    quotas: new SqliteQuotaLedger(reader, commits),
    audit: new SqliteAuditTrail(reader, commits),
    links: new SqliteShareLinks(reader, commits),
    webhooks: {
      registry: new SqliteWebhookRegistry(reader, commits),
      deliveries: new SqliteWebhookDeliveries(reader, commits),
    },
    walk: new SqliteImageWalk(reader),
    usages: new SqliteUsageWalk(reader),
    signingSecret,
    latestTime: latestTime(reader),
    async clockWentBack(now) {
      if ((beginOfRun(reader) ?? 0) > now) await commits.write({ kind: 'run-began', at: now });
    },
    async close(options) {
      unfinished = options?.unfinished ?? false;
      await closing.disposeAsync();
    },
  };
}

/** Says so before it begins: a step may take minutes where there are many images, and nothing is served meanwhile. */
function bringUpToDate(database: DatabaseSync, log: Log): void {
  const from = schemaVersionOf(database);
  if (from > 0 && from < SCHEMA_VERSION) {
    log.info(
      { from, to: SCHEMA_VERSION },
      'bringing the database up to date; it takes longer the more images there are',
    );
  }
  migrate(database);
}

/** When the last run began, if it has not come to its end. */
function beginOfRun(database: DatabaseSync): number | undefined {
  const row = database.prepare('SELECT min(started_at) AS started_at FROM run').get();
  const startedAt = row?.['started_at'];
  return typeof startedAt === 'number' ? startedAt : undefined;
}

function beginRun(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE; DELETE FROM run');
  database.prepare('INSERT INTO run (started_at) VALUES (?)').run(Date.now());
  database.exec('COMMIT');
}

function latestTime(database: DatabaseSync): number {
  const row = database.prepare('SELECT latest FROM clock').get();
  return Number(row?.['latest'] ?? 0);
}
