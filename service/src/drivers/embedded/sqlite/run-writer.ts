import type { DatabaseSync } from 'node:sqlite';
import { Statements } from './statements.ts';

/** What is known of the run that goes on, as plain data: it began at this time, if not earlier. */
export interface RunCommand {
  readonly kind: 'run-began';
  /** Milliseconds since 1970. */
  readonly at: number;
}

export function isRunCommand(command: { readonly kind: string }): command is RunCommand {
  return command.kind.startsWith('run-');
}

/** Applies them within a transaction that somebody else opens and commits. */
export class RunWriter {
  readonly #statements: Statements;

  constructor(database: DatabaseSync) {
    this.#statements = new Statements(database);
  }

  apply({ at }: RunCommand): undefined {
    this.#statements.get('UPDATE run SET started_at = ? WHERE started_at > ?').run(at, at);
  }
}
