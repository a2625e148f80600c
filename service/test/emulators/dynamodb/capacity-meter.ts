import type { Charge } from './capacity.ts';

export interface ConsumedCapacity {
  readonly read_units: number;
  readonly write_units: number;
  /** How often each action was asked for, whether it succeeded or not. */
  readonly requests: Readonly<Record<string, number>>;
}

/** Adds up what has been consumed since somebody last looked. */
export class CapacityMeter {
  #readUnits = 0;
  #writeUnits = 0;
  #requests: Record<string, number> = {};

  /** What was consumed since the last call, or since the start. */
  take(): ConsumedCapacity {
    const taken = {
      read_units: this.#readUnits,
      write_units: this.#writeUnits,
      requests: this.#requests,
    };
    this.#readUnits = 0;
    this.#writeUnits = 0;
    this.#requests = {};
    return taken;
  }

  count(action: string): void {
    this.#requests[action] = (this.#requests[action] ?? 0) + 1;
  }

  charge(charges: readonly Charge[]): void {
    for (const charge of charges) {
      if (charge.kind === 'read') this.#readUnits += unitsOf(charge);
      else this.#writeUnits += unitsOf(charge);
    }
  }
}

export function unitsOf({ table_units, index_units }: Charge): number {
  return Object.values(index_units).reduce((total, units) => total + units, table_units);
}
