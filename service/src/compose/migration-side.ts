/** One side of a migration, opened. */
export interface OpenedSide<Parts> {
  readonly parts: Parts;
  close(): Promise<void>;
}
