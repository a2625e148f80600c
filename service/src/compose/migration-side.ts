/** One side of a migration, opened. */
export interface OpenedSide<Parts> {
  readonly parts: Parts;
  /** What this kind of place needs once images have been moved into it. */
  readonly afterwards?: () => Promise<void>;
  close(): Promise<void>;
}
