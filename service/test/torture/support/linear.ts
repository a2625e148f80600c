/** Something that a client did, with what it was answered, between two instants of a common count. */
export interface Done<Op, Outcome> {
  readonly op: Op;
  readonly outcome: Outcome;
  readonly began: number;
  readonly ended: number;
}

/** Where an operation may have come to by one of its steps, and which is the next; without one it has ended. */
export interface Reached<State> {
  readonly state: State;
  readonly next?: string;
}

/**
 * What a step of an operation makes of a state; nothing where it cannot have been answered so. Most have but one
 * step, the first; what others can see half done has a step for each half.
 */
export type Program<State> = (state: State, step: string) => readonly Reached<State>[];

/** A program, between the instants that its caller has seen. */
export interface Running<State> {
  readonly program: Program<State>;
  /** Whether none of its steps changes anything, in any state. */
  readonly isRead?: boolean;
  /** Whether nothing that is left of the others sees what a step changes, nor keeps it from being taken. */
  readonly isUnseen?: (step: string, others: readonly Running<State>[]) => boolean;
  readonly began: number;
  readonly ended: number;
}

export const FIRST = 'first';

interface Left<State> extends Running<State> {
  readonly id: number;
  readonly step: string;
}

/**
 * Whether there is an order, one step after the other, in which all that was done at once could have been answered
 * as it was: none comes before another that had ended when it began (linearizability, searched as Wing and Gong do).
 * @returns every state in which it may have ended; none where there is no such order.
 */
export function endsOf<State>(first: State, all: readonly Running<State>[]): State[] {
  const ends = new Map<string, State>();
  const seen = new Set<string>();
  const visit = (state: State, left: readonly Left<State>[]) => {
    const key = JSON.stringify([state, left.map(({ id, step }) => [id, step])]);
    if (seen.has(key)) return;
    seen.add(key);
    if (left.length === 0) ends.set(JSON.stringify(state), state);
    const firstEnd = Math.min(...left.map(({ ended }) => ended));
    const next = left.filter(({ began }) => began < firstEnd);
    // What only reads, and could have done so now, has: in every order in which it comes later it can as well come now.
    // So has what nobody else sees.
    const first = next.find(
      (one) =>
        (one.isRead && one.program(state, one.step).length > 0) ||
        one.isUnseen?.(
          one.step,
          left.filter((each) => each !== one),
        ),
    );
    for (const one of first ? [first] : next) {
      for (const { state: after, next } of one.program(state, one.step)) {
        const rest = left.flatMap((each) => {
          if (each !== one) return [each];
          return next === undefined ? [] : [{ ...each, step: next }];
        });
        visit(after, rest);
      }
    }
  };
  visit(
    first,
    all.map((running, id) => ({ ...running, id, step: FIRST })),
  );
  return [...ends.values()];
}
