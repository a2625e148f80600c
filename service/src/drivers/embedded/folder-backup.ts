import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../../domain/operator-error.ts';
import { createSigner } from '../../domain/signing.ts';
import type { ImageIndex } from '../../ports/image-index.ts';
import type { ImageWalk } from '../../ports/image-walk.ts';
import { DiskObjectStore, prepareObjectFolders } from './disk/disk-object-store.ts';
import { prepareUploadFolders } from './disk/disk-upload-store.ts';
import { syncFolder } from './disk/durable-folders.ts';
import { FolderInUseError, type FolderLock, lockFolder } from './folder-lock.ts';
import { BACKUP_MARK, DATABASE, LOCK, openReader, SIGNING_SECRET } from './open-for-reading.ts';
import { connect } from './sqlite/connection.ts';
import { GroupCommit } from './sqlite/group-commit.ts';
import { migrate, SCHEMA_VERSION } from './sqlite/migrations.ts';
import { SqliteImageIndex } from './sqlite/sqlite-image-index.ts';
import { SqliteImageWalk } from './sqlite/sqlite-image-walk.ts';

/** While it is being made; what it replaces is whole until it is. */
const NEW_DATABASE = 'index.db.new';

/**
 * All pages in one step: then it is of one moment. In several steps SQLite would begin anew with each write of
 * another process between them, and never come to an end under load.
 */
const ALL_PAGES = 2 ** 31 - 1;

/** A folder that a backup goes into; what was backed up there before stays whole until `finish`. */
export interface OpenedBackup {
  readonly source: DiskObjectStore;
  readonly target: DiskObjectStore;
  /** The records of the backup before, if there is one. */
  readonly before: Pick<ImageIndex, 'get'> | undefined;
  /** Takes the records anew: from then on what was taken before is no more. */
  takeRecords(): Promise<ImageWalk>;
  /** Puts what was taken last in place of the backup before. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a data folder, which its server may be using, and the folder that its backup goes into: a new one, an empty
 * one, or one of an earlier backup.
 * @throws OperatorError
 */
export async function openBackup(folder: string, into: string): Promise<OpenedBackup> {
  await using opened = new AsyncDisposableStack();
  await mustBeApart(folder, into);
  await mustTakeBackups(into);
  // That there is a data folder of this release is known from here on.
  const live = opened.adopt(openReader(folder), (database) => database.close());
  await mkdir(into, { recursive: true, mode: 0o700 });
  opened.adopt(lockBackup(into), (lock) => lock.release());
  if (!existsSync(join(into, BACKUP_MARK))) await writeDurably(into, BACKUP_MARK, markOf(undefined));
  await prepareObjectFolders(into);
  await prepareUploadFolders(into);
  const before = openBefore(into);
  if (before) opened.defer(() => before.close());
  let taken: DatabaseSync | undefined;
  const letGo = () => {
    taken?.close();
    taken = undefined;
  };
  opened.defer(letGo);
  const closing = opened.move();
  return {
    source: storeOf(folder),
    target: storeOf(into),
    before: before && indexOf(before),
    async takeRecords() {
      letGo();
      await takeDatabase(live, join(into, NEW_DATABASE));
      taken = new DatabaseSync(join(into, NEW_DATABASE), { readOnly: true });
      return new SqliteImageWalk(taken);
    },
    async finish() {
      letGo();
      await copyIfThere(folder, into, SIGNING_SECRET);
      await rename(join(into, NEW_DATABASE), join(into, DATABASE));
      await writeDurably(into, BACKUP_MARK, markOf(new Date()));
    },
    close: () => closing.disposeAsync(),
  };
}

export interface OpenedRestore {
  readonly walk: ImageWalk;
  readonly source: DiskObjectStore;
  readonly target: DiskObjectStore;
  /** Makes the target a data folder. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a backup, and the data folder that is to be made of it, for this process alone. Records of an earlier
 * release are brought up to date. Until `finish` the target holds no images, and a run that was cut off is done again.
 * @throws OperatorError
 */
export async function openRestore(from: string, folder: string): Promise<OpenedRestore> {
  await using opened = new AsyncDisposableStack();
  await mustBeBackup(from);
  if (existsSync(join(folder, DATABASE))) {
    throw new OperatorError(
      `The data folder ${folder} holds images already. Move it away, or name another one in DATA_DIR.`,
    );
  }
  await mustBeApart(from, folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  opened.adopt(lockFolder(folder, join(folder, LOCK)), (lock) => lock.release());
  await prepareObjectFolders(folder);
  await prepareUploadFolders(folder);
  const path = join(folder, NEW_DATABASE);
  await removeDatabase(path);
  await copyFile(join(from, DATABASE), path);
  const database = connect(path);
  const letGo = () => {
    if (database.isOpen) database.close();
  };
  opened.defer(letGo);
  migrate(database);
  const closing = opened.move();
  return {
    walk: new SqliteImageWalk(database),
    source: storeOf(from),
    target: storeOf(folder),
    async finish() {
      // The last connection puts the write-ahead log into the database as it closes.
      letGo();
      await syncFile(path);
      await copyIfThere(from, folder, SIGNING_SECRET);
      await rename(path, join(folder, DATABASE));
      await syncFolder(folder);
    },
    close: () => closing.disposeAsync(),
  };
}

async function takeDatabase(live: DatabaseSync, path: string): Promise<void> {
  await removeDatabase(path);
  await backup(live, path, { rate: ALL_PAGES });
  const copy = new DatabaseSync(path);
  try {
    // One file, with no log beside it. And no run is going on in it: nothing is there to be put right.
    copy.exec('PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE; DELETE FROM run');
    const [row] = copy.prepare('PRAGMA quick_check(1)').all();
    if (row?.['quick_check'] !== 'ok') {
      throw new OperatorError(`The database of the data folder is damaged: ${String(row?.['quick_check'])}.`);
    }
  } finally {
    copy.close();
  }
  await syncFile(path);
}

async function removeDatabase(path: string): Promise<void> {
  for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(path + suffix, { force: true });
}

function openBefore(into: string): DatabaseSync | undefined {
  const path = join(into, DATABASE);
  if (!existsSync(path)) return undefined;
  const database = new DatabaseSync(path, { readOnly: true });
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version === SCHEMA_VERSION) return database;
  // Of another release: everything is read again.
  database.close();
  return undefined;
}

function indexOf(database: DatabaseSync): Pick<ImageIndex, 'get'> {
  return new SqliteImageIndex(database, new GroupCommit(() => Promise.reject(new Error('Only read.'))));
}

/** Signs nothing: nobody is given URLs by a command. */
function storeOf(folder: string): DiskObjectStore {
  return new DiskObjectStore({ folder, publicUrl: '', signer: createSigner([''], 'object-urls') });
}

function lockBackup(into: string): FolderLock {
  try {
    return lockFolder(into, join(into, LOCK));
  } catch (error) {
    if (!(error instanceof FolderInUseError)) throw error;
    throw new OperatorError(`Another backup into ${into} is under way.`);
  }
}

async function mustBeApart(one: string, other: string): Promise<void> {
  const [a, b] = await Promise.all([one, other].map(realOf));
  if (a === undefined || b === undefined) return;
  if (`${a}${sep}`.startsWith(`${b}${sep}`) || `${b}${sep}`.startsWith(`${a}${sep}`)) {
    throw new OperatorError('A backup is a folder of its own: neither within the data folder nor around it.');
  }
}

/** Through symbolic links as far as the path exists. */
async function realOf(path: string): Promise<string> {
  const whole = resolve(path);
  if (existsSync(whole)) return realpath(whole);
  const above = resolve(whole, '..');
  return above === whole ? whole : join(await realOf(above), whole.slice(above.length));
}

async function mustTakeBackups(into: string): Promise<void> {
  if (!existsSync(into) || existsSync(join(into, BACKUP_MARK))) return;
  if ((await readdir(into)).length === 0) return;
  throw new OperatorError(`The folder ${into} holds something that is no backup. Name an empty one.`);
}

async function mustBeBackup(from: string): Promise<void> {
  const mark = await readFile(join(from, BACKUP_MARK), 'utf8').catch(() => undefined);
  if (mark === undefined) throw new OperatorError(`The folder ${from} holds no backup.`);
  if (existsSync(join(from, DATABASE))) return;
  throw new OperatorError(`The backup in ${from} was cut off before it was whole. Take another one.`);
}

function markOf(made_at: Date | undefined): string {
  return `${JSON.stringify({ format: 1, schema_version: SCHEMA_VERSION, made_at: made_at ?? null })}\n`;
}

async function copyIfThere(from: string, to: string, name: string): Promise<void> {
  if (existsSync(join(from, name))) await writeDurably(to, name, await readFile(join(from, name)));
}

async function writeDurably(folder: string, name: string, content: string | Buffer): Promise<void> {
  const path = join(folder, name);
  await writeFile(`${path}.new`, content, { mode: 0o600 });
  await syncFile(`${path}.new`);
  await rename(`${path}.new`, path);
  await syncFolder(folder);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
