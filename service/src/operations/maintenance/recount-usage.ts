import { storedBytes } from '../../domain/image.ts';
import type { QuotaAmount } from '../../domain/quota.ts';
import type { ImageWalk } from '../../ports/image-walk.ts';
import type { QuotaLedger } from '../../ports/quota-ledger.ts';
import type { UsageWalk } from '../../ports/usage-walk.ts';

export interface CountedHome {
  readonly walk: ImageWalk;
  readonly usages: UsageWalk;
}

export interface RecountOptions {
  /** Puts wrong counts right; left out, they are only found. */
  readonly mend?: Pick<QuotaLedger, 'correct'> | undefined;
  /** Resolves when whatever was under way has come to its end: uploads are counted before their record is there. */
  readonly settle: () => Promise<void>;
}

/** A user of whom something else is counted than the records come to. */
export interface WrongUsage {
  readonly user_id: string;
  readonly seen: QuotaAmount;
  readonly counted: QuotaAmount;
  readonly mended: boolean;
}

export interface Recount {
  readonly users: number;
  readonly images: number;
  readonly wrong: readonly WrongUsage[];
  /** Users who changed something meanwhile, so that nothing can be said of them now. */
  readonly unsettled: readonly string[];
}

const NOTHING: QuotaAmount = { images: 0, bytes: 0 };

/**
 * Compares what is counted of every user with what the records of the index come to. A difference that
 * may be of an upload or a deletion under way is looked at a second time, after those have ended: only who
 * then still has the same count, and another one than the records, is wrong. It holds a line for each user
 * in memory.
 */
export async function recountUsage(home: CountedHome, { mend, settle }: RecountOptions): Promise<Recount> {
  const first = await countBoth(home);
  const suspects = [...first.users].filter((user) => !same(first.seenOf(user), first.countedOf(user)));
  const wrong: WrongUsage[] = [];
  const unsettled: string[] = [];
  if (suspects.length > 0) {
    await settle();
    const second = await countBoth(home);
    for (const user_id of suspects) {
      const [seen, counted] = [second.seenOf(user_id), second.countedOf(user_id)];
      if (same(seen, counted)) continue;
      const moves = !same(seen, first.seenOf(user_id)) || !same(counted, first.countedOf(user_id));
      if (moves) unsettled.push(user_id);
      else if (!mend) wrong.push({ user_id, seen, counted, mended: false });
      else if (await mend.correct(user_id, seen, counted))
        wrong.push({ user_id, seen, counted, mended: true });
      else unsettled.push(user_id);
    }
  }
  return { users: first.users.size, images: first.images, wrong, unsettled };
}

interface BothCounts {
  readonly users: ReadonlySet<string>;
  readonly images: number;
  seenOf(user_id: string): QuotaAmount;
  countedOf(user_id: string): QuotaAmount;
}

/** What is counted first: a record that comes after it cannot make its user look as if too much were counted. */
async function countBoth({ walk, usages }: CountedHome): Promise<BothCounts> {
  const seen = new Map<string, QuotaAmount>();
  for await (const { user_id, images, bytes } of usages.walk()) seen.set(user_id, { images, bytes });
  const counted = new Map<string, QuotaAmount>();
  let total = 0;
  for await (const record of walk.walk()) {
    const { user_id } = record;
    const { images, bytes } = counted.get(user_id) ?? NOTHING;
    counted.set(user_id, { images: images + 1, bytes: bytes + storedBytes(record) });
    total++;
  }
  return {
    users: new Set([...seen.keys(), ...counted.keys()]),
    images: total,
    seenOf: (user_id) => seen.get(user_id) ?? NOTHING,
    countedOf: (user_id) => counted.get(user_id) ?? NOTHING,
  };
}

function same(a: QuotaAmount, b: QuotaAmount): boolean {
  return a.images === b.images && a.bytes === b.bytes;
}
