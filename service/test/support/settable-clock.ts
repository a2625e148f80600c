import type { Clock } from '../../src/ports/clock.ts';

/** A clock that goes on as the one below it does, until a test sets it. */
export class SettableClock implements Clock {
  readonly #below: Clock;
  #set: number | undefined;
  #ahead = 0;

  constructor(below: Clock) {
    this.#below = below;
  }

  now(): number {
    return (this.#set ?? this.#below.now()) + this.#ahead;
  }

  /** Stops at an instant (ISO 8601); going back is for tests that never look at the order of time. */
  set(instant: string): void {
    this.#set = Date.parse(instant);
    this.#ahead = 0;
  }

  /** Goes on again as the one below it does. */
  release(): void {
    this.#set = undefined;
    this.#ahead = 0;
  }

  advance(milliseconds: number): void {
    this.#ahead += milliseconds;
  }
}
