import { parentPort, workerData } from 'node:worker_threads';
import { connect } from './connection.ts';
import { writeBatch } from './write-batch.ts';
import { CommandWriter, type WriteCommand } from './write-command.ts';

/** Runs in the thread that writer-thread.ts starts: applies each batch it is sent, and answers. */
const database = connect((workerData as { databasePath: string }).databasePath);
const writer = new CommandWriter(database);

parentPort?.postMessage('ready');
parentPort?.on('message', (message: readonly WriteCommand[] | 'stop') => {
  if (message === 'stop') {
    database.close();
    parentPort?.close();
    return;
  }
  parentPort?.postMessage(writeBatch(database, writer, message));
});
