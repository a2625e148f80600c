import type { DatabaseSync } from 'node:sqlite';
import type { AuditEvent } from '../../../domain/audit-event.ts';
import { idToBytes } from './image-row.ts';
import { Statements } from './statements.ts';

/** A change of the audit as plain data. Events of changes to images come with those (image-writer.ts). */
export type AuditCommand =
  | { readonly kind: 'audit-record'; readonly event: AuditEvent }
  /** Removes up to `limit` of the events of before a time, the oldest first. Answers how many. */
  | { readonly kind: 'audit-expire'; readonly before: number; readonly limit: number };

export function isAuditCommand(command: { readonly kind: string }): command is AuditCommand {
  return command.kind.startsWith('audit-');
}

/** Applies changes of the audit within a transaction that somebody else opens and commits. */
export class AuditWriter {
  readonly #statements: Statements;

  constructor(database: DatabaseSync) {
    this.#statements = new Statements(database);
  }

  apply(command: AuditCommand): number | undefined {
    if (command.kind === 'audit-expire') return this.#expire(command.before, command.limit);
    this.record(command.event);
    return undefined;
  }

  /** An event that is there already stays as it is. */
  record({ at, event_id, actor, action, image_id, user_id, outcome, request_id, address }: AuditEvent): void {
    const time = Date.parse(at);
    this.#statements
      .get(
        `INSERT INTO audit (at, event_id, actor, action, image_id, user_id, outcome, request_id, address)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (at, event_id) DO NOTHING`,
      )
      .run(
        time,
        idToBytes(event_id),
        actor,
        action,
        image_id === null ? null : idToBytes(image_id),
        user_id,
        outcome,
        request_id,
        address,
      );
    // After a restart nothing happens before what is written here.
    this.#statements.get('UPDATE clock SET latest = ? WHERE latest < ?').run(time, time);
  }

  #expire(before: number, limit: number): number {
    const sql = `DELETE FROM audit WHERE (at, event_id) IN
      (SELECT at, event_id FROM audit WHERE at < ? ORDER BY at, event_id LIMIT ?)`;
    return Number(this.#statements.get(sql).run(before, limit).changes);
  }
}
