import type { MediaType } from '../domain/media-type.ts';
import type { ObjectKey } from '../domain/object-key.ts';
import type { ObjectProperties, OpenObject } from './object-store.ts';

/**
 * Bytes that callers send straight to the store, under a key below `.uploads/`, before anything is known of
 * them. They can be sent again and again until the grant expires, and become an object only by `accept`,
 * which takes exactly the content that was looked at. Nobody can read them from outside.
 *
 * Failures of the store itself are DomainErrors `unavailable` or `insufficient_storage` with the cause;
 * "there is none" is an answer and never a failure.
 */
export interface UploadStore {
  /**
   * A form that browsers can post: every field as given, then the file as `file`. The store takes it until
   * `expires_at`, under this key and this content type, of this size, and with this checksum if there is one.
   */
  presignPost(key: ObjectKey, grant: UploadGrant): Promise<PresignedPost>;
  /** A URL for one PUT with just these headers, of the same strictness. */
  presignPut(key: ObjectKey, grant: UploadGrant): Promise<PresignedPut>;

  /** Starts an upload in parts. @returns the store's own id of it. */
  beginParts(key: ObjectKey, content_type: MediaType): Promise<string>;
  /** A URL for one PUT of one part, of just this size. A part that is sent again replaces the one before. */
  presignPart(key: ObjectKey, parts_id: string, part: PartGrant): Promise<string>;
  /** The parts that have arrived whole, by number; undefined when there is no such upload (any more). */
  listParts(key: ObjectKey, parts_id: string): Promise<readonly ArrivedPart[] | undefined>;
  /**
   * Makes one upload of these parts, in the order of their numbers; the parts are gone after. A store whose
   * answers can be lost takes it as done where just these have been joined already.
   * @throws DomainError `conflict` when these are not the parts that have arrived, or they are gone.
   */
  joinParts(key: ObjectKey, parts_id: string, parts: readonly ArrivedPart[]): Promise<void>;
  /** Removes parts that have not been joined; fine when there are none. */
  discardParts(key: ObjectKey, parts_id: string): Promise<void>;

  /** What has arrived under the key, open for reading; undefined when there is nothing. */
  open(key: ObjectKey): Promise<OpenObject | undefined>;
  /**
   * Makes the upload with this ETag, as `open` gave it, the object `object_key`; durable when it resolves.
   * The upload itself may stay: `discard` it after. Fine where the object is there with the same checksum.
   * @throws DomainError `conflict` when other bytes have arrived under `key` since, when they are gone, or
   *   when another object lies under `object_key`.
   */
  accept(key: ObjectKey, etag: string, object_key: ObjectKey, properties: ObjectProperties): Promise<void>;
  /** Removes what has arrived under the key; fine when there is nothing. */
  discard(key: ObjectKey): Promise<void>;
  /** The uploads that have arrived, for sweeps, in no order that can be relied on; parts are not among them. */
  list(): AsyncIterable<{ readonly key: ObjectKey; readonly last_modified: Date }>;
}

export interface UploadGrant {
  /** Milliseconds since 1970; whole seconds. */
  readonly expires_at: number;
  readonly content_type: MediaType;
  readonly size_bytes: number;
  /** Lower-case hex. */
  readonly checksum_sha256: string | undefined;
}

export interface PresignedPost {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface PresignedPut {
  readonly url: string;
  /** Each of them has to be sent, as it is. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface PartGrant {
  /** From 1. */
  readonly number: number;
  readonly size_bytes: number;
  readonly expires_at: number;
}

export interface ArrivedPart {
  readonly number: number;
  readonly size_bytes: number;
  readonly etag: string;
}
