import { connect } from '../../src/drivers/embedded/sqlite/connection.ts';
import { GroupCommit } from '../../src/drivers/embedded/sqlite/group-commit.ts';
import { migrate } from '../../src/drivers/embedded/sqlite/migrations.ts';
import { SqliteImageIndex } from '../../src/drivers/embedded/sqlite/sqlite-image-index.ts';
import { writeBatch } from '../../src/drivers/embedded/sqlite/write-batch.ts';
import { CommandWriter } from '../../src/drivers/embedded/sqlite/write-command.ts';

/** A database of the current schema and what works on it, all on this thread; in memory unless a path is given. */
export function openDatabase(path = ':memory:') {
  const database = connect(path);
  migrate(database);
  const writer = new CommandWriter(database);
  const commits = new GroupCommit(async (commands) => writeBatch(database, writer, commands));
  return { database, writer, commits, index: new SqliteImageIndex(database, commits) };
}
