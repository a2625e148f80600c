import { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../../domain/operator-error.ts';

export class FolderInUseError extends OperatorError {
  constructor(folder: string) {
    super(
      `The data folder ${folder} is in use by another Tintype server. ` +
        'Stop that one, or give this one a folder of its own with DATA_DIR.',
    );
  }
}

export interface FolderLock {
  release(): void;
}

/**
 * Takes the data folder for this process alone. Node has no file locks of its own; SQLite's are the
 * operating system's, which lets go of them when the process ends, however it ends.
 */
export function lockFolder(folder: string, lockFile: string): FolderLock {
  const holder = new DatabaseSync(lockFile, { timeout: 0 });
  try {
    holder.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    holder.close();
    throw isBusy(error) ? new FolderInUseError(folder) : error;
  }
  return { release: () => holder.close() };
}

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
