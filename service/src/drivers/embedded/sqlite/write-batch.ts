import type { DatabaseSync } from 'node:sqlite';
import { DomainError, type ErrorCode, unavailable } from '../../../domain/errors.ts';
import type { CommandWriter, WriteCommand } from './write-command.ts';

/** How a command ended, as plain data. */
export type WriteOutcome =
  | { readonly ok: true; readonly value?: unknown }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string; readonly cause?: string };

/**
 * Applies commands in one transaction, whose one sync of the disk they share; the failure of one undoes that
 * one alone. If the transaction itself fails, all of them have.
 */
export function writeBatch(
  database: DatabaseSync,
  writer: CommandWriter,
  commands: readonly WriteCommand[],
): WriteOutcome[] {
  try {
    return writeTogether(database, writer, commands) ?? writeApart(database, writer, commands);
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    const failed = outcomeOf(error);
    return commands.map(() => failed);
  }
}

/**
 * Without savepoints, which have SQLite keep each page that a command changes as it was before.
 * @returns undefined, and leaves nothing behind, where a command has failed.
 */
function writeTogether(
  database: DatabaseSync,
  writer: CommandWriter,
  commands: readonly WriteCommand[],
): WriteOutcome[] | undefined {
  database.exec('BEGIN IMMEDIATE');
  let outcomes: WriteOutcome[];
  try {
    outcomes = commands.map((command) => ({ ok: true, value: writer.apply(command) }));
  } catch (error) {
    // A full disk or an I/O error has ended the transaction, and it would do so again.
    if (!database.isTransaction) throw error;
    database.exec('ROLLBACK');
    return commands.length === 1 ? [outcomeOf(error)] : undefined;
  }
  database.exec('COMMIT');
  return outcomes;
}

function writeApart(
  database: DatabaseSync,
  writer: CommandWriter,
  commands: readonly WriteCommand[],
): WriteOutcome[] {
  database.exec('BEGIN IMMEDIATE');
  const outcomes = commands.map((command) => applyInSavepoint(database, writer, command));
  database.exec('COMMIT');
  return outcomes;
}

function applyInSavepoint(
  database: DatabaseSync,
  writer: CommandWriter,
  command: WriteCommand,
): WriteOutcome {
  database.exec('SAVEPOINT command');
  try {
    const value = writer.apply(command);
    database.exec('RELEASE command');
    return { ok: true, value };
  } catch (error) {
    // A full disk or an I/O error has ended the whole transaction: then nothing is left to go on with.
    if (!database.isTransaction) throw error;
    database.exec('ROLLBACK TO command; RELEASE command');
    return outcomeOf(error);
  }
}

function outcomeOf(error: unknown): WriteOutcome {
  const known = databaseFailure(error);
  return { ok: false, code: known.code, message: known.message, cause: String(known.cause ?? '') };
}

/** https://www.sqlite.org/rescode.html#full */
const SQLITE_FULL = 13;

/** What a failure of the database means to a caller. */
export function databaseFailure(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_FULL) {
    return new DomainError('insufficient_storage', 'There is no room left to store this.', { cause: error });
  }
  return unavailable('The image index cannot do this now.', error);
}
