import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { FormerVersion } from '../../../domain/image.ts';
import type { ImageId } from '../../../domain/image-id.ts';
import type { ObjectKey } from '../../../domain/object-key.ts';
import {
  limitsOf,
  type OwnLimits,
  type QuotaAmount,
  type QuotaLimits,
  refusalOf,
} from '../../../domain/quota.ts';
import type { QuotaLedger, QuotaReservation, QuotaUsage } from '../../../ports/quota-ledger.ts';
import type { GroupCommit } from './group-commit.ts';
import { idToBytes } from './image-row.ts';
import { limitFromColumn } from './quota-writer.ts';
import { databaseFailure } from './write-batch.ts';

interface UserRow {
  readonly images: number;
  readonly bytes: number;
  readonly max_images: number | null;
  readonly max_bytes: number | null;
}

interface VersionsRow {
  readonly object_key: string;
  readonly former_versions: string | null;
}

/** Room held for an upload that is under way. */
interface Hold {
  readonly images: number;
  bytes: number;
  /** Of the record that is to hold it: a new one, or one that is to refer to an object. */
  record: { readonly image_id: ImageId; readonly object_key?: ObjectKey } | undefined;
}

const NOTHING: UserRow = { images: 0, bytes: 0, max_images: null, max_bytes: null };

/**
 * Quotas over SQLite. What users have is counted with their records, in the same transactions
 * (image-writer.ts): it needs no giving back. What is reserved for uploads under way is held in memory,
 * since one process serves a data folder: checked and taken in one go, without a write.
 */
export class SqliteQuotaLedger implements QuotaLedger {
  readonly #reader: DatabaseSync;
  readonly #commits: GroupCommit;
  readonly #holds = new Map<string, Set<Hold>>();
  readonly #statements = new Map<string, StatementSync>();

  constructor(reader: DatabaseSync, commits: GroupCommit) {
    this.#reader = reader;
    this.#commits = commits;
  }

  async reserve(
    user_id: string,
    { images, bytes }: QuotaAmount,
    defaults: QuotaLimits,
    image_id?: ImageId,
  ): Promise<QuotaReservation> {
    this.#mustHaveRoom(user_id, { images, bytes }, defaults);
    const hold: Hold = { images, bytes, record: image_id === undefined ? undefined : { image_id } };
    this.#hold(user_id, hold);
    const end = async () => this.#letGo(user_id, hold);
    return {
      resize: async (wanted) => {
        const had = hold.bytes;
        if (wanted > had) this.#mustHaveRoom(user_id, { images: 0, bytes: wanted }, defaults, had);
        hold.bytes = wanted;
      },
      willBe: (version) => {
        hold.record = version;
      },
      keep: end,
      giveBack: end,
    };
  }

  /** Nothing: the count went down with the record. */
  async giveBack(): Promise<void> {}

  async usageOf(user_id: string): Promise<QuotaUsage> {
    return this.#usageOf(user_id);
  }

  async setLimits(user_id: string, limits: OwnLimits): Promise<void> {
    await this.#commits.write({ kind: 'quota-limit', user_id, limits });
  }

  async correct(user_id: string, seen: QuotaAmount, counted: QuotaAmount): Promise<boolean> {
    return (await this.#commits.write({ kind: 'quota-correct', user_id, seen, counted })) === true;
  }

  /** @param had bytes of these that are held already. */
  #mustHaveRoom(user_id: string, amount: QuotaAmount, defaults: QuotaLimits, had = 0): void {
    const refusalAt = ({ images, bytes, limits }: QuotaUsage) =>
      refusalOf({ images, bytes: bytes - had }, amount, limitsOf(limits, defaults));
    // Where there is room even if all that is held counts, nobody need be asked which of it is recorded already.
    if (!refusalAt(this.#mostUsed(user_id))) return;
    const refusal = refusalAt(this.#usageOf(user_id));
    if (refusal) throw refusal;
  }

  /** What is stored and all that is held: uploads whose record has just been committed count twice. */
  #mostUsed(user_id: string): QuotaUsage {
    const stored = this.#stored(user_id);
    let { images, bytes } = stored;
    for (const hold of this.#holds.get(user_id) ?? []) {
      images += hold.images;
      bytes += hold.bytes;
    }
    return { ...stored, images, bytes };
  }

  /** What is stored and what is held, each upload once, in one view of the database. */
  #usageOf(user_id: string): QuotaUsage {
    return this.#inOneView(() => {
      const stored = this.#stored(user_id);
      let { images, bytes } = stored;
      for (const hold of this.#holds.get(user_id) ?? []) {
        // Its record may have been committed, and nobody here has heard of it yet.
        if (hold.record && this.#isRecorded(hold.record)) continue;
        images += hold.images;
        bytes += hold.bytes;
      }
      return { ...stored, images, bytes };
    });
  }

  #stored(user_id: string): QuotaUsage {
    const sql = 'SELECT images, bytes, max_images, max_bytes FROM users WHERE user_id = ?';
    const row = (this.#get(sql, user_id) as UserRow | undefined) ?? NOTHING;
    const max_images = limitFromColumn(row.max_images);
    const max_bytes = limitFromColumn(row.max_bytes);
    return { images: row.images, bytes: row.bytes, limits: { max_images, max_bytes } };
  }

  #isRecorded({ image_id, object_key }: NonNullable<Hold['record']>): boolean {
    const sql = 'SELECT object_key, former_versions FROM images WHERE image_id = ?';
    const row = this.#get(sql, idToBytes(image_id)) as VersionsRow | undefined;
    if (!row || object_key === undefined || row.object_key === object_key) return row !== undefined;
    const former = JSON.parse(row.former_versions ?? '[]') as readonly Pick<FormerVersion, 'object_key'>[];
    return former.some((each) => each.object_key === object_key);
  }

  #hold(user_id: string, hold: Hold): void {
    const holds = this.#holds.get(user_id) ?? new Set();
    this.#holds.set(user_id, holds.add(hold));
  }

  #letGo(user_id: string, hold: Hold): void {
    const holds = this.#holds.get(user_id);
    holds?.delete(hold);
    if (holds?.size === 0) this.#holds.delete(user_id);
  }

  #inOneView<T>(read: () => T): T {
    this.#get('BEGIN');
    try {
      return read();
    } finally {
      this.#get('COMMIT');
    }
  }

  #get(sql: string, ...values: (string | Uint8Array)[]): unknown {
    try {
      const statement = this.#statements.get(sql) ?? this.#reader.prepare(sql);
      this.#statements.set(sql, statement);
      return statement.get(...values);
    } catch (error) {
      throw databaseFailure(error);
    }
  }
}
