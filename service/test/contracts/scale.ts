/** How much of the full contract is done, where a driver's engine is a slow one: 1 is all of it. */
export interface ContractScale {
  /** Of the records that the large tests fill an index with. */
  readonly records: number;
  /** Of the filters and positions that are tried on them. */
  readonly rounds: number;
}

export const FULL_SCALE: ContractScale = { records: 1, rounds: 1 };
