import type { DatabaseSync } from 'node:sqlite';
import type { AuditEvent } from '../../../domain/audit-event.ts';
import { DomainError } from '../../../domain/errors.ts';
import type { ImageId } from '../../../domain/image-id.ts';
import type { ShareLink } from '../../../domain/share-link.ts';
import type { AuditWriter } from './audit-writer.ts';
import { idFromBytes, idToBytes, isoTime } from './image-row.ts';
import { Statements } from './statements.ts';

/** A change of share links as plain data; times are milliseconds since 1970. */
export type LinkCommand =
  | { readonly kind: 'link-create'; readonly link: ShareLink; readonly audit: AuditEvent | undefined }
  /** Counts an opening of a live link. Answers its row, or undefined. */
  | {
      readonly kind: 'link-open';
      readonly image_id: ImageId;
      readonly link_id: string;
      readonly now: number;
      /** The time that is kept. */
      readonly at: number;
    }
  /** Removes a live link. Answers whether there was one. */
  | {
      readonly kind: 'link-revoke';
      readonly image_id: ImageId;
      readonly link_id: string;
      readonly now: number;
      readonly audit: AuditEvent | undefined;
    }
  | { readonly kind: 'link-remove-of'; readonly image_id: ImageId }
  /** Removes up to `limit` of the links that have expired by `before`. Answers how many. */
  | { readonly kind: 'link-forget'; readonly before: number; readonly limit: number };

export function isLinkCommand(command: { readonly kind: string }): command is LinkCommand {
  return command.kind.startsWith('link-');
}

export const LINK_COLUMNS =
  'image_id, link_id, user_id, created_by, created_at, expires_at, views, last_viewed_at';

export interface LinkRow {
  readonly image_id: Uint8Array;
  readonly link_id: string;
  readonly user_id: string;
  readonly created_by: string | null;
  readonly created_at: number;
  readonly expires_at: number;
  readonly views: number;
  readonly last_viewed_at: number | null;
}

export function linkFromRow(row: LinkRow): ShareLink {
  return {
    link_id: row.link_id,
    image_id: idFromBytes(row.image_id),
    user_id: row.user_id,
    created_by: row.created_by,
    created_at: isoTime(row.created_at),
    expires_at: isoTime(row.expires_at),
    views: row.views,
    last_viewed_at: row.last_viewed_at === null ? null : isoTime(row.last_viewed_at),
  };
}

type OfKind<Kind extends LinkCommand['kind']> = Extract<LinkCommand, { kind: Kind }>;

/** Applies changes of share links within a transaction that somebody else opens and commits. */
export class LinkWriter {
  readonly #statements: Statements;
  readonly #audit: AuditWriter;

  constructor(database: DatabaseSync, audit: AuditWriter) {
    this.#statements = new Statements(database);
    this.#audit = audit;
  }

  /** @throws DomainError `conflict` where a link of the id is there. */
  apply(command: LinkCommand): LinkRow | boolean | number | undefined {
    switch (command.kind) {
      case 'link-create':
        return this.#create(command);
      case 'link-open':
        return this.#open(command);
      case 'link-revoke':
        return this.#revoke(command);
      case 'link-remove-of':
        this.#statements.get('DELETE FROM share_links WHERE image_id = ?').run(idToBytes(command.image_id));
        return undefined;
      case 'link-forget':
        return this.#forget(command);
    }
  }

  #create({ link, audit }: OfKind<'link-create'>): undefined {
    const { last_viewed_at } = link;
    const { changes } = this.#statements
      .get(
        `INSERT INTO share_links (${LINK_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (image_id, link_id) DO NOTHING`,
      )
      .run(
        idToBytes(link.image_id),
        link.link_id,
        link.user_id,
        link.created_by,
        Date.parse(link.created_at),
        Date.parse(link.expires_at),
        link.views,
        last_viewed_at === null ? null : Date.parse(last_viewed_at),
      );
    if (changes === 0) throw new DomainError('conflict', 'There is a link of this id already.');
    if (audit) this.#audit.record(audit);
  }

  #open({ image_id, link_id, now, at }: OfKind<'link-open'>): LinkRow | undefined {
    const row = this.#statements
      .get(
        `UPDATE share_links SET views = views + 1, last_viewed_at = ?
         WHERE image_id = ? AND link_id = ? AND expires_at > ? RETURNING ${LINK_COLUMNS}`,
      )
      .get(at, idToBytes(image_id), link_id, now);
    return row === undefined ? undefined : { ...(row as unknown as LinkRow) };
  }

  #revoke({ image_id, link_id, now, audit }: OfKind<'link-revoke'>): boolean {
    const { changes } = this.#statements
      .get('DELETE FROM share_links WHERE image_id = ? AND link_id = ? AND expires_at > ?')
      .run(idToBytes(image_id), link_id, now);
    if (changes === 0) return false;
    if (audit) this.#audit.record(audit);
    return true;
  }

  #forget({ before, limit }: OfKind<'link-forget'>): number {
    const sql = `DELETE FROM share_links WHERE (image_id, link_id) IN
      (SELECT image_id, link_id FROM share_links WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`;
    return Number(this.#statements.get(sql).run(before, limit).changes);
  }
}
