import type { DatabaseSync } from 'node:sqlite';
import type { AuditEvent, AuditOutcome, AuditPosition } from '../../../domain/audit-event.ts';
import type { AuditFilter, AuditPage, AuditTrail } from '../../../ports/audit-trail.ts';
import { auditPageQuery, auditScanEndQuery } from './audit-query.ts';
import type { GroupCommit } from './group-commit.ts';
import { idFromBytes, isoTime } from './image-row.ts';
import type { Query } from './list-query.ts';
import { Statements } from './statements.ts';
import { databaseFailure } from './write-batch.ts';

/** Most events that one page looks at for meeting the rest of its filter: some milliseconds' work. */
const SCAN = 2000;

/** How many events one command removes: 20 to 50 ms, by measurement, in which no upload is committed. */
const EXPIRED_AT_ONCE = 500;

/** How many such commands one sweep is, so that a server that is to stop does not wait for a long one. */
const COMMANDS_OF_A_SWEEP = 200;

interface AuditRow {
  readonly at: number;
  readonly event_id: Uint8Array;
  readonly actor: string | null;
  readonly action: string;
  readonly image_id: Uint8Array | null;
  readonly user_id: string | null;
  readonly outcome: string;
  readonly request_id: string;
  readonly address: string | null;
}

/** Events in SQLite: read on the caller's thread, along indexes; written through shared commits. */
export class SqliteAuditTrail implements AuditTrail {
  readonly #reader: DatabaseSync;
  readonly #commits: GroupCommit;
  readonly #statements: Statements;

  constructor(reader: DatabaseSync, commits: GroupCommit) {
    this.#reader = reader;
    this.#commits = commits;
    this.#statements = new Statements(reader);
  }

  async record(event: AuditEvent): Promise<void> {
    await this.#commits.write({ kind: 'audit-record', event });
  }

  async list(filter: AuditFilter, limit: number, after: AuditPosition | null): Promise<AuditPage> {
    try {
      // The writing thread may commit between the two: both must see one state.
      this.#reader.exec('BEGIN');
      try {
        return this.#page(filter, limit, after);
      } finally {
        this.#reader.exec('COMMIT');
      }
    } catch (error) {
      throw databaseFailure(error);
    }
  }

  /**
   * Removes events of before `before` (milliseconds since 1970), the oldest first, a part at a time between other
   * writes. What is more than one sweep takes is for the next. Answers how many went.
   */
  async expire(before: number): Promise<number> {
    let expired = 0;
    for (let command = 0; command < COMMANDS_OF_A_SWEEP; command++) {
      const limit = EXPIRED_AT_ONCE;
      const removed = Number(await this.#commits.write({ kind: 'audit-expire', before, limit }));
      expired += removed;
      if (removed < limit) break;
    }
    return expired;
  }

  #page(filter: AuditFilter, limit: number, after: AuditPosition | null): AuditPage {
    const rows = this.#all<AuditRow>(auditPageQuery(filter, after, limit + 1, SCAN));
    const items = rows.slice(0, limit).map(eventFromRow);
    const last = rows.length > limit ? items.at(-1) : undefined;
    if (last) return { items, next: { at: last.at, event_id: last.event_id } };
    const scanEnd = auditScanEndQuery(filter, after, SCAN);
    const [end] = scanEnd ? this.#all<Pick<AuditRow, 'at' | 'event_id'>>(scanEnd) : [];
    return { items, next: end ? { at: isoTime(end.at), event_id: idFromBytes(end.event_id) } : null };
  }

  #all<Row>({ sql, values }: Query): Row[] {
    return this.#statements.get(sql).all(...values) as Row[];
  }
}

function eventFromRow(row: AuditRow): AuditEvent {
  return {
    event_id: idFromBytes(row.event_id),
    at: isoTime(row.at),
    actor: row.actor,
    action: row.action,
    image_id: row.image_id && idFromBytes(row.image_id),
    user_id: row.user_id,
    outcome: row.outcome as AuditOutcome,
    request_id: row.request_id,
    address: row.address,
  };
}
