/**
 * Files of a store that have no name yet by which anybody could find them: bytes on their way, or what a
 * process that was cut off has left of such.
 *
 * Failures of the store itself are DomainErrors `unavailable` with the cause.
 */
export interface TemporaryFiles {
  walk(): AsyncIterable<TemporaryFile>;
  /** Fine when there is none. */
  remove(name: string): Promise<void>;
}

export interface TemporaryFile {
  readonly name: string;
  readonly size_bytes: number;
  readonly last_modified: Date;
}
