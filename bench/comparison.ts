/** One side of a comparison. */
export interface Contender {
  readonly name: string;
  /** Does one round of the work. @returns its figure, in the comparison's unit. */
  round(): Promise<number>;
}

/** What Tintype is held against, and how it has to come out. */
export interface Against extends Contender {
  /** Of our figure to this one: at least this where greater is better, at most where smaller is. Left out: it is printed and not judged. */
  readonly target?: number;
}

/** The same work done by Tintype and by something bare, side by side in one run. */
export interface Comparison {
  /** What is done, and how: `upload 100 KB, 8 at a time`. */
  readonly work: string;
  /** Of the figures: `a second`, `ms`, `KB`. */
  readonly unit: string;
  /** Whether a greater figure is the better one (rates), or a smaller one (times). */
  readonly better: 'greater' | 'smaller';
  readonly ours: Contender;
  readonly against: readonly Against[];
  /** Rounds of each that count; of several, one more of each before them does not. */
  readonly rounds?: number;
}

/** A figure that has a bound of its own. */
export interface Bounded {
  readonly work: string;
  readonly unit: string;
  readonly figure: number;
  readonly most: number;
}

export interface Figures {
  readonly name: string;
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
  readonly rounds: readonly number[];
}

/** How a comparison ended. */
export interface Compared {
  readonly work: string;
  readonly unit: string;
  readonly ours: Figures;
  readonly bare: Figures;
  /** Ours to the bare one's, of the medians. */
  readonly ratio: number;
  readonly target?: string;
  readonly met?: boolean;
}

const ROUNDS = 5;

/** All by turns, in an order that is turned round in every other round, so that what the machine does besides meets all. */
export async function* compare(comparison: Comparison): AsyncGenerator<Compared> {
  const { ours, against, rounds = ROUNDS } = comparison;
  const contenders: Contender[] = [ours, ...against];
  const figures = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  // One round alone is a look at whether there is anything to measure: warmed up or not.
  if (rounds > 1) for (const contender of contenders) await contender.round();
  for (let round = 0; round < rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      figures.get(contender)?.push(await contender.round());
    }
  }
  for (const bare of against)
    yield judged(comparison, figuresOf(ours, figures), figuresOf(bare, figures), bare);
}

function judged(
  { work, unit, better }: Comparison,
  ours: Figures,
  bare: Figures,
  { target }: Against,
): Compared {
  const ratio = ours.median / bare.median;
  const compared = { work, unit, ours, bare, ratio };
  if (target === undefined) return compared;
  return {
    ...compared,
    target: `${better === 'greater' ? '>=' : '<='} ${target}`,
    met: better === 'greater' ? ratio >= target : ratio <= target,
  };
}

function figuresOf(contender: Contender, all: ReadonlyMap<Contender, readonly number[]>): Figures {
  const rounds = all.get(contender) ?? [];
  const sorted = [...rounds].sort((a, b) => a - b);
  return {
    name: contender.name,
    median: medianOf(sorted),
    least: sorted[0] ?? Number.NaN,
    greatest: sorted.at(-1) ?? Number.NaN,
    rounds,
  };
}

/** @param sorted from the least. */
function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
