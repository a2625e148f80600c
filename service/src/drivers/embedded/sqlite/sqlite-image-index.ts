import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AuditEvent } from '../../../domain/audit-event.ts';
import type { ImageRecord, ImageSummary } from '../../../domain/image.ts';
import type { ImageId } from '../../../domain/image-id.ts';
import type { Job } from '../../../domain/job.ts';
import type { ListFilter, ListPage, ListPosition } from '../../../domain/listing.ts';
import type { DueKind, ImageIndex } from '../../../ports/image-index.ts';
import type { GroupCommit } from './group-commit.ts';
import {
  idFromBytes,
  idToBytes,
  isoTime,
  RECORD_COLUMNS,
  type RecordRow,
  recordFromRow,
  SUMMARY_COLUMNS,
  type SummaryRow,
  summaryFromRow,
} from './image-row.ts';
import { expectedOf, type ImageCommand } from './image-writer.ts';
import {
  intersectionQuery,
  type NumberedFilter,
  pageQuery,
  type Query,
  scanEndQuery,
  tagSizeQuery,
} from './list-query.ts';
import type { RecentRecords } from './recent-records.ts';
import { rowOfJob, type SqliteJobQueue } from './sqlite-job-queue.ts';
import { databaseFailure } from './write-batch.ts';

/** Most images of one tag that one page looks at for having other tags too: some milliseconds' work. */
const SCAN = 2000;

/** Up to how many images tags are told apart by their size. */
const COUNTED = 1000;

/** Prepared statements kept; every combination of filters is a few of them. */
const MOST_STATEMENTS = 200;

/** Earlier than any time. */
const NEVER = Number.MIN_SAFE_INTEGER;

/** Records in SQLite: reads on the caller's thread, along indexes; writes through shared commits. */
export class SqliteImageIndex implements ImageIndex {
  readonly #reader: DatabaseSync;
  readonly #commits: GroupCommit;
  readonly #jobs: SqliteJobQueue | undefined;
  readonly #recent: RecentRecords | undefined;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * @param jobs where jobs of this database are worked off, to be woken; undefined where none are.
   * @param recent where nobody changes images but through this object.
   */
  constructor(reader: DatabaseSync, commits: GroupCommit, jobs?: SqliteJobQueue, recent?: RecentRecords) {
    this.#reader = reader;
    this.#commits = commits;
    this.#jobs = jobs;
    this.#recent = recent;
  }

  insert(record: ImageRecord, jobs?: readonly Job[], audit?: AuditEvent): Promise<void> {
    return this.#change(record.image_id, { kind: 'insert', record, ...(audit && { audit }) }, jobs);
  }

  async get(id: ImageId): Promise<ImageRecord | undefined> {
    const known = this.#recent?.get(id);
    if (known) return known;
    const sql = `SELECT ${RECORD_COLUMNS} FROM images i JOIN users u ON u.user = i.user WHERE i.image_id = ?`;
    const [row] = this.#all<RecordRow>({ sql, values: [idToBytes(id)] });
    if (!row) return undefined;
    const record = recordFromRow(row);
    this.#recent?.keep(record);
    return record;
  }

  async getSummaries(ids: readonly ImageId[]): Promise<ImageSummary[]> {
    // One statement for all of them, which takes half the time of one for each; CROSS JOIN keeps their order.
    const sql = `SELECT ${SUMMARY_COLUMNS} FROM json_each(?) asked
      CROSS JOIN images i ON i.image_id = unhex(asked.value, '-') CROSS JOIN users u ON u.user = i.user`;
    return this.#all<SummaryRow>({ sql, values: [JSON.stringify(ids)] }).map(summaryFromRow);
  }

  replace(
    previous: ImageRecord,
    next: ImageRecord,
    jobs?: readonly Job[],
    audit?: AuditEvent,
  ): Promise<void> {
    const command = {
      kind: 'replace',
      previous: expectedOf(previous),
      next,
      ...(audit && { audit }),
    } as const;
    return this.#change(previous.image_id, command, jobs);
  }

  remove(previous: ImageRecord, jobs?: readonly Job[], audit?: AuditEvent): Promise<void> {
    const command = { kind: 'remove', previous: expectedOf(previous), ...(audit && { audit }) } as const;
    return this.#change(previous.image_id, command, jobs);
  }

  async list(filter: ListFilter, limit: number, after: ListPosition | null): Promise<ListPage> {
    const numbered = this.#number(filter);
    if (!numbered) return { items: [], next: null };
    if (numbered.tags.length <= 1) return this.#page(pageQuery(numbered, after, limit + 1), limit);
    return this.#inOneView(() => {
      const page = this.#page(intersectionQuery(numbered, after, limit + 1, SCAN), limit);
      return page.next ? page : { ...page, next: this.#scanEnd(numbered, after) };
    });
  }

  #change(id: ImageId, command: ImageCommand, jobs?: readonly Job[]): Promise<void> {
    const change = () => this.#write(command, jobs);
    return this.#recent ? this.#recent.forget(id, change) : change();
  }

  async #write(command: ImageCommand, jobs: readonly Job[] = []): Promise<void> {
    if (jobs.length === 0) {
      await this.#commits.write(command);
      return;
    }
    await this.#commits.write({ ...command, jobs: jobs.map(rowOfJob) });
    this.#jobs?.wake(jobs.map(({ kind }) => kind));
  }

  /** The page that a query for one image more than `limit` gives. */
  #page(query: Query, limit: number): ListPage {
    const rows = this.#all<SummaryRow>(query);
    const items = rows.slice(0, limit).map(summaryFromRow);
    const last = rows.length > limit ? items.at(-1) : undefined;
    return { items, next: last ? { upload_time: last.upload_time, image_id: last.image_id } : null };
  }

  /**
   * Several queries that must see one state: the writing thread may commit between any two, and a page's
   * end would then be another than that of what was looked at.
   */
  #inOneView<T>(read: () => T): T {
    this.#all({ sql: 'BEGIN', values: [] });
    try {
      return read();
    } finally {
      this.#all({ sql: 'COMMIT', values: [] });
    }
  }

  async due(kind: DueKind, before: number, limit: number, after = NEVER): Promise<ImageRecord[]> {
    const isDeleted = kind === 'purge' ? 'NOT NULL' : 'NULL';
    const sql = `SELECT ${RECORD_COLUMNS} FROM images i JOIN users u ON u.user = i.user
      WHERE i.due_at < ? AND i.due_at > ? AND i.deleted_at IS ${isDeleted} ORDER BY i.due_at LIMIT ?`;
    return this.#all<RecordRow>({ sql, values: [before, after, limit] }).map(recordFromRow);
  }

  async check(): Promise<void> {
    this.#all({ sql: 'SELECT 1 FROM images LIMIT 1', values: [] });
    await this.#write({ kind: 'probe' });
  }

  /** Undefined where a user or tag has never been seen: then nothing matches. */
  #number({ user_id, tags, uploaded, order, status }: ListFilter): NumberedFilter | undefined {
    const user =
      user_id === undefined ? undefined : this.#one('SELECT user AS n FROM users WHERE user_id = ?', user_id);
    const numbers = tags.map((name) => this.#one('SELECT tag AS n FROM tags WHERE name = ?', name));
    if ((user_id !== undefined && user === undefined) || numbers.includes(undefined)) return undefined;
    const known = numbers.filter((tag) => tag !== undefined);
    const sorted = known.length > 1 ? this.#sparsestFirst(user, known) : known;
    return { user, tags: sorted, uploaded, order, status };
  }

  #sparsestFirst(user: number | undefined, tags: readonly number[]): number[] {
    const sized = tags.map((tag) => {
      const [row] = this.#all<{ size: number }>(tagSizeQuery(user, tag, COUNTED));
      return { tag, size: row?.size ?? 0 };
    });
    return sized.sort((a, b) => a.size - b.size).map(({ tag }) => tag);
  }

  #scanEnd(filter: NumberedFilter, after: ListPosition | null): ListPosition | null {
    const [row] = this.#all<{ upload_time: number; image_id: Uint8Array }>(scanEndQuery(filter, after, SCAN));
    return row ? { upload_time: isoTime(row.upload_time), image_id: idFromBytes(row.image_id) } : null;
  }

  #one(sql: string, value: string): number | undefined {
    const [row] = this.#all<{ n: number }>({ sql, values: [value] });
    return row?.n;
  }

  #all<Row>({ sql, values }: Query): Row[] {
    try {
      return this.#prepared(sql).all(...values) as Row[];
    } catch (error) {
      throw databaseFailure(error);
    }
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size >= MOST_STATEMENTS) this.#statements.clear();
    const statement = this.#reader.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
