import type { OpenObject } from './object-store.ts';

/** Looks for malware in bytes that somebody uploaded. */
export interface Scanner {
  /** For records and logs, such as `clamd`. */
  readonly name: string;
  /**
   * Looks at the whole object. "Could not look" is never an answer: that is a failure, and the image stays
   * unserved.
   * @throws DomainError `unavailable` where it makes sense to try again: the scanner is down, slow or busy.
   */
  scan(object: OpenObject): Promise<Verdict>;
  /** Resolves when the scanner answers. */
  check(): Promise<void>;
}

export type Verdict =
  | { readonly verdict: 'clean' }
  | {
      readonly verdict: 'infected';
      /** The signature's name, for the record: printable ASCII, at most 100 characters. */
      readonly signature: string;
    }
  /** It never will be: too large for the scanner, or of a kind that it refuses. */
  | { readonly verdict: 'unscannable'; readonly reason: string };
