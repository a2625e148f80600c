import type { ObjectKey } from '../domain/object-key.ts';

/** Looks for malware in stored objects. It only says what it found; what follows from it is decided elsewhere. */
export interface Scanner {
  /**
   * What is known of an object's bytes, all of them. Nothing but a clear answer of the scanner is a verdict.
   * @throws DomainError `unavailable` where it is worth asking again: it cannot be reached, took too long, or
   *   broke off.
   */
  scan(object: ScannedObject): Promise<Verdict>;
  /** Resolves when the scanner can be asked. @throws DomainError `unavailable` */
  check(): Promise<void>;
}

/** An object to be scanned; it never changes, and may be read more than once. */
export interface ScannedObject {
  readonly key: ObjectKey;
  readonly size_bytes: number;
  /** All of its bytes, anew at each call. */
  stream(): AsyncIterable<Uint8Array>;
}

export type Verdict =
  /** It has not got to this object yet, as is usual for one that looks by itself. */
  | { readonly verdict: 'pending' }
  | { readonly verdict: 'clean' }
  /** The scanner's own name of what it found. */
  | { readonly verdict: 'infected'; readonly signature: string }
  /** Asking again would not help: more bytes than the scanner takes, or a kind that it cannot look into. */
  | { readonly verdict: 'unscannable'; readonly reason: 'too_large' | 'unsupported' };
