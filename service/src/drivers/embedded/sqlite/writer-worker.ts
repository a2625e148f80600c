import { parentPort } from 'node:worker_threads';
import { connect } from './connection.ts';
import { writeBatch } from './write-batch.ts';
import { CommandWriter, type WriteCommand } from './write-command.ts';

/** Runs in the thread that writer-thread.ts starts: is told its database, applies each batch it is sent, and answers. */
parentPort?.once('message', ({ databasePath }: { readonly databasePath: string }) => {
  const database = connect(databasePath);
  const writer = new CommandWriter(database);
  parentPort?.on('message', (message: readonly WriteCommand[] | 'stop') => {
    if (message === 'stop') {
      database.close();
      parentPort?.close();
      return;
    }
    parentPort?.postMessage(writeBatch(database, writer, message));
  });
  parentPort?.postMessage('ready');
});
