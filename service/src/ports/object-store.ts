import type { MediaType } from '../domain/media-type.ts';
import type { ObjectKey } from '../domain/object-key.ts';

/**
 * Bytes by key. Objects never change: a key is written once, and deleted. That an object is there says
 * nothing about whether it is visible; the index decides that.
 *
 * Failures of the store itself are DomainErrors `unavailable` or `insufficient_storage` with the cause;
 * "there is none" is an answer and never a failure.
 */
export interface ObjectStore {
  /** Starts a new object. It has no key, and nobody can see it, until it is committed. */
  begin(): Promise<ObjectDraft>;
  /** The object under `key`, open for reading, or undefined when there is none. */
  open(key: ObjectKey): Promise<OpenObject | undefined>;
  /** Removes the object, durably; fine when there is none. */
  delete(key: ObjectKey): Promise<void>;
  /**
   * Removes the objects whose keys start with `prefix`, which ends in `/`, durably, at a price that does not depend on
   * what lies beside them. Only of a store where a list costs more the more there is.
   */
  deleteBelow?(prefix: string): Promise<void>;
  /**
   * How many objects have keys that start with `prefix`, which ends in `/`, without a look at each of them. Only of a store where a list
   * looks at each.
   */
  countBelow?(prefix: string): Promise<number>;
  /** The objects whose keys start with `prefix`, in no order that can be relied on. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /** An absolute URL at which anybody can GET the object until `expires_at`, and no longer. At once, where nothing has to be waited for. */
  presignRead(key: ObjectKey, options: PresignReadOptions): Promise<string> | string;
  /** Resolves when the store can take writes. */
  check(): Promise<void>;
}

/**
 * Whose the memory of bytes is once they are written: their caller's, who may go on reading it (`kept`, as it is unless said
 * otherwise), or nobody's (`given`): then a store may release it as soon as it has done with it.
 */
export type Memory = 'kept' | 'given';

/** An object being written. Exactly one of `commit` and `discard` ends it. */
export interface ObjectDraft {
  /** Adds bytes, which the caller must not change afterwards. Await it before the next: it slows down a fast sender. */
  write(chunk: Uint8Array, memory?: Memory): Promise<void>;
  /**
   * Puts the object under `key`. When it resolves, bytes and name are on stable storage. A failure that
   * is `unavailable` leaves open whether they are, or will be in a moment.
   * @throws DomainError `conflict` when the key is taken; what is there stays as it is.
   */
  commit(key: ObjectKey, properties: ObjectProperties): Promise<void>;
  /** Leaves nothing of what has arrived behind, or fails. Safe to call after a failed write or commit. */
  discard(): Promise<void>;
}

export interface ObjectProperties {
  readonly content_type: MediaType;
  /** Lower-case hex; stores that can, verify it against what they received. */
  readonly checksum_sha256: string;
}

/**
 * An object open for reading. Once it is deleted, what it holds stays readable where the store can do that;
 * elsewhere reading fails as `unavailable`, and never gives other bytes. A store that keeps the checksum
 * with the object fails likewise where all of its bytes are read and are not those. Close it.
 */
export interface OpenObject {
  readonly size_bytes: number;
  /** Quoted, strong (RFC 9110, section 8.8.3). */
  readonly etag: string;
  readonly last_modified: Date;
  /**
   * The bytes from `start` to just before `end`, in memory at once: for small pieces.
   * @param into memory with room for them that may be used, where the store can: then they are the beginning of it.
   */
  read(start: number, end: number, into?: Uint8Array): Promise<Uint8Array>;
  /** The bytes from `start` to just before `end`, piece by piece; each is its reader's own, who may release its memory. */
  stream(start: number, end: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface ListedObject {
  readonly key: ObjectKey;
  readonly size_bytes: number;
  readonly last_modified: Date;
}

export interface PresignReadOptions {
  /** Milliseconds since 1970; whole seconds. */
  readonly expires_at: number;
  readonly content_type: MediaType;
  /** The whole value of the `Content-Disposition` header (RFC 6266) that the answer must have. */
  readonly content_disposition: string;
}
