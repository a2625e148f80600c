import type { DatabaseSync } from 'node:sqlite';
import type { AuditEvent } from '../../../domain/audit-event.ts';
import type { ImageId } from '../../../domain/image-id.ts';
import { imageIdOfLink, newestFirst, type ShareLink } from '../../../domain/share-link.ts';
import type { ShareLinks } from '../../../ports/share-links.ts';
import type { GroupCommit } from './group-commit.ts';
import { idToBytes } from './image-row.ts';
import { LINK_COLUMNS, type LinkRow, linkFromRow } from './link-writer.ts';
import { Statements } from './statements.ts';
import { databaseFailure } from './write-batch.ts';

/** How many expired links one command removes, so that uploads are not held up. */
const FORGOTTEN_AT_ONCE = 500;

/** How many such commands one sweep is, so that a server that is to stop does not wait for a long one. */
const COMMANDS_OF_A_SWEEP = 20;

/** Share links in SQLite: read on the caller's thread, written through shared commits. */
export class SqliteShareLinks implements ShareLinks {
  readonly #commits: GroupCommit;
  readonly #statements: Statements;
  /** How many links are being created: they are read only once they are committed. */
  #creating = 0;

  constructor(reader: DatabaseSync, commits: GroupCommit) {
    this.#commits = commits;
    this.#statements = new Statements(reader);
  }

  async create(link: ShareLink, audit?: AuditEvent): Promise<void> {
    this.#creating += 1;
    try {
      await this.#commits.write({ kind: 'link-create', link, audit });
    } finally {
      this.#creating -= 1;
    }
  }

  async list(image_id: ImageId, now: number): Promise<readonly ShareLink[]> {
    return this.#rows('image_id = ? AND expires_at > ?', idToBytes(image_id), now).sort(newestFirst);
  }

  async find(link_id: string, now: number): Promise<ShareLink | undefined> {
    const image_id = imageIdOfLink(link_id);
    if (image_id === undefined) return undefined;
    const where = 'image_id = ? AND link_id = ? AND expires_at > ?';
    return this.#rows(where, idToBytes(image_id), link_id, now)[0];
  }

  async open(link_id: string, now: number, at = now): Promise<ShareLink | undefined> {
    const image_id = imageIdOfLink(link_id);
    if (image_id === undefined) return undefined;
    const row = await this.#commits.write({ kind: 'link-open', image_id, link_id, now, at });
    return row === undefined ? undefined : linkFromRow(row as LinkRow);
  }

  async revoke(image_id: ImageId, link_id: string, now: number, audit?: AuditEvent): Promise<boolean> {
    return (await this.#commits.write({ kind: 'link-revoke', image_id, link_id, now, audit })) === true;
  }

  /** Most images have none, and a look at that costs no commit. */
  async removeOf(image_id: ImageId): Promise<void> {
    if (this.#creating === 0 && this.#rows('image_id = ? LIMIT 1', idToBytes(image_id)).length === 0) return;
    await this.#commits.write({ kind: 'link-remove-of', image_id });
  }

  /**
   * Removes links that have expired by `before` (milliseconds since 1970), a part at a time between other writes.
   * What is more than one sweep takes is for the next. Answers how many went.
   */
  async forgetExpired(before: number): Promise<number> {
    let forgotten = 0;
    for (let command = 0; command < COMMANDS_OF_A_SWEEP; command++) {
      const limit = FORGOTTEN_AT_ONCE;
      const removed = Number(await this.#commits.write({ kind: 'link-forget', before, limit }));
      forgotten += removed;
      if (removed < limit) break;
    }
    return forgotten;
  }

  #rows(where: string, ...values: readonly (Uint8Array | string | number)[]): ShareLink[] {
    try {
      const sql = `SELECT ${LINK_COLUMNS} FROM share_links WHERE ${where}`;
      const rows = this.#statements.get(sql).all(...values) as unknown as LinkRow[];
      return rows.map(linkFromRow);
    } catch (error) {
      throw databaseFailure(error);
    }
  }
}
