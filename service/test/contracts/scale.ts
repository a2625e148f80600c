import { LARGE } from '../support/large.ts';

/** How much of the full contract is done, where a driver's engine is a slow one: 1 is all of it. */
export interface ContractScale {
  /** Of the records that the large tests fill an index with. */
  readonly records: number;
  /** Of the filters and positions that are tried on them. */
  readonly rounds: number;
}

/** All of it in `npm run test:large`; in every run as much as time allows. */
export const FULL_SCALE: ContractScale = LARGE ? { records: 1, rounds: 1 } : { records: 0.2, rounds: 0.1 };

/** Where every call is a request to an engine. */
export const SLOW_SCALE: ContractScale = LARGE
  ? { records: 0.4, rounds: 0.1 }
  : { records: 0.2, rounds: 0.02 };
