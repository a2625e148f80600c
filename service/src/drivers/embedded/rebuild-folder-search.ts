import { join } from 'node:path';
import type { Log } from '../../ports/log.ts';
import { openExamination } from './open-examination.ts';
import { openStorage } from './open-storage.ts';
import { connect } from './sqlite/connection.ts';
import { rebuildSearch } from './sqlite/search-table.ts';

/**
 * Makes the search index of a data folder anew from its records, in one transaction: it is the old one or the new
 * one, whatever happens meanwhile.
 * @returns how many images it has.
 * @throws OperatorError where there is no such folder, FolderInUseError where a server has it open.
 */
export async function rebuildFolderSearch(folder: string, log: Log): Promise<number> {
  // None is made by mistake.
  openExamination(folder).close();
  const storage = await openStorage(folder, log);
  try {
    const database = connect(join(folder, 'index.db'));
    try {
      return rebuildSearch(database);
    } finally {
      database.close();
    }
  } finally {
    await storage.close();
  }
}
