import type { ObjectKey } from '../domain/object-key.ts';
import type { Memory } from './object-store.ts';

/**
 * Where bytes come in that callers send straight to this process, for an upload store that it serves
 * itself. What has been granted is checked by whoever writes here; the store sees to it that bytes count
 * as arrived only when they are whole and on stable storage.
 *
 * Failures of the store itself are DomainErrors `unavailable` or `insufficient_storage` with the cause.
 */
export interface UploadInbox {
  receive(target: InboxTarget): Promise<IncomingBytes>;
}

/** An upload, or one part of one. */
export interface InboxTarget {
  readonly key: ObjectKey;
  readonly part?: { readonly parts_id: string; readonly number: number };
}

/** Bytes on their way. Exactly one of `commit` and `discard` ends them. */
export interface IncomingBytes {
  /** Adds bytes, which the caller must not change afterwards. Await it before the next: it slows down a fast sender. */
  write(chunk: Uint8Array, memory?: Memory): Promise<void>;
  /**
   * Puts the bytes in place of what has arrived there before, durably.
   * @returns their entity tag, as `open` and `listParts` of the store give it.
   * @throws DomainError `not_found` for a part of an upload that is not there (any more).
   */
  commit(): Promise<string>;
  /** Leaves nothing of the bytes behind. Safe to call after a failed write or commit. */
  discard(): Promise<void>;
}
