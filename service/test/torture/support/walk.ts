import { expect, onTestFinished, vi } from 'vitest';
import { objectKeysOf, storedBytes } from '../../../src/domain/image.ts';
import { UPLOADS_PREFIX } from '../../../src/domain/object-key.ts';
import { resendJobs } from '../../../src/operations/background/resend-jobs.ts';
import { retryDeliveries } from '../../../src/operations/background/retry-deliveries.ts';
import { answerLost, failing, neverSent, type Step, throttling } from '../../support/faults.ts';
import { keysOf } from '../../support/stored-bytes.ts';
import { report, SEED, TORTURE, tries } from './torture.ts';
import { openWalkedHome, type WalkedHome } from './walked-home.ts';
import type { Subject, WalkedOperation } from './walked-operation.ts';

/** What may become of any request to AWS. */
const FATES: Readonly<Record<string, Step['fault']>> = {
  fails: failing,
  'is throttled': throttling,
  'does not arrive': () => neverSent,
  'is done, and its answer lost': () => answerLost,
};

/** What may become of the requests of one walk; for good it is so for every one from there on, until the caller tries again. */
interface Way {
  readonly about: string;
  readonly fault: Step['fault'];
  readonly forGood: boolean;
}

const WAYS: readonly Way[] = Object.entries(FATES).flatMap(([fate, fault]) => [
  { about: fate, fault, forGood: false },
  { about: `${fate} for good`, fault, forGood: true },
]);

/** The short form tries what is worst: it was done and nobody knows, and there is no other try. */
const SHORT = WAYS.filter(({ about }) => about === 'is done, and its answer lost for good');

/** All ways in the long form; of a part of it each operation has others, by its name and the seed. */
function waysOf(name: string): readonly Way[] {
  if (!TORTURE) return SHORT;
  const first = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), SEED) % WAYS.length;
  return [...WAYS.slice(first), ...WAYS.slice(0, first)].slice(0, tries({ short: 1, long: WAYS.length }));
}

/** Beyond a lease of an idempotency key, and beyond what jobs wait for before they are sent once more. */
const LATER_MS = 10 * 60_000;

/** More calls than any operation makes. */
const MOST_CALLS = 60;

/** What a walk counts. */
export interface Tally {
  calls: number;
  tries: number;
  told_503: number;
  counts_for_doctor: number;
  arrivals_left: number;
  lost: number;
}

const NOTHING: Tally = {
  calls: 0,
  tries: 0,
  told_503: 0,
  counts_for_doctor: 0,
  arrivals_left: 0,
  lost: 0,
};

/** Ids of all that a user has, wherever it lies. */
async function idsOf(home: WalkedHome, user_id: string): Promise<string[]> {
  const pages = ['', '&status=pending', '&deleted=true'].map(async (query) => {
    const response = await home.request(`/images?user_id=${user_id}${query}`);
    expect(response.status).toBe(200);
    return ((await response.json()) as { items: { image_id: string }[] }).items;
  });
  return (await Promise.all(pages)).flat().map(({ image_id }) => image_id);
}

/** Everything that is to be done by somebody, at some time, is done. */
async function settle(home: WalkedHome): Promise<void> {
  home.clock.advance(LATER_MS);
  await home.drain();
  await resendJobs({ outbox: home.outbox, clock: home.clock });
  await home.drain();
  await retryDeliveries(home.jobDeps());
  home.clock.release();
  // Nothing fails any more: then no job does.
  expect(home.log.filter(({ message }) => message === 'a job has failed')).toEqual([]);
}

/**
 * Where a call that got no answer, or came too late to be made, leaves a count that is wrong until `tintype doctor` has
 * counted anew: an update has no token by which another try is known (dynamo-quota-ledger.ts).
 */
const COUNTING: readonly (string | undefined)[] = ['UpdateItem', 'TransactWriteItems'];

/**
 * Where a completion that has succeeded leaves what arrived: nobody is served it, and nothing more is done about it
 * than `tintype doctor` does, or the bucket, which forgets uploads after a week (infra/src/buckets.ts).
 */
const LEAVING: readonly (string | undefined)[] = ['S3 DELETE'];

/** Every record has its bytes, there are no others, and the user is charged for them and nothing else. */
async function expectWhole(
  home: WalkedHome,
  { subject: { user_id }, at }: Pick<Tried, 'subject' | 'at'>,
  images: number,
): Promise<Remains> {
  const ids = await idsOf(home, user_id);
  expect(ids).toHaveLength(images);
  const records = await Promise.all(ids.map((id) => home.deps.index.get(id)));
  const there = records.filter((record) => record !== undefined);
  expect(there).toHaveLength(images);
  const accepted = there.filter(({ status }) => status !== 'pending');
  const objects = await keysOf(home.deps.objects, `${user_id}/`);
  expect(objects).toEqual(accepted.flatMap((record) => [...objectKeysOf(record)]).sort());
  // What has been accepted lies no more where it arrived, but where its removal failed.
  const incoming = await keysOf(home.deps.objects, `${UPLOADS_PREFIX}${user_id}/`);
  const arrivals = incoming.filter((key) => accepted.some(({ image_id }) => key.endsWith(image_id)));
  if (!LEAVING.includes(at)) expect(arrivals).toEqual([]);
  const bytes = there.reduce((sum, record) => sum + storedBytes(record), 0);
  const { images: countedImages, bytes: countedBytes } = await home.deps.quotas.usageOf(user_id);
  const seen = { images: countedImages, bytes: countedBytes };
  if (seen.images === images && seen.bytes === bytes) return { counts: false, arrivals: arrivals.length };
  expect(COUNTING, `counted ${JSON.stringify(seen)} of ${images} with ${bytes}`).toContain(at);
  expect(await home.deps.quotas.correct(user_id, seen, { images, bytes })).toBe(true);
  return { counts: true, arrivals: arrivals.length };
}

/** What was not so by itself. */
interface Remains {
  /** Whether the count of what the user has had to be put right. */
  readonly counts: boolean;
  readonly arrivals: number;
}

/** What has been tried, and what is to be held against the home once everything is done. */
interface Tried {
  readonly about: string;
  readonly subject: Subject;
  /** Where the request that met its fate went; undefined where the operation makes no such many. */
  readonly at: string | undefined;
  readonly status: number;
}

/** One try: a call of AWS meets its fate, the caller is told so, and tries again. */
async function tryStep(
  home: WalkedHome,
  operation: WalkedOperation,
  user_id: string,
  step: Step & { readonly about: string },
): Promise<Tried> {
  const { about } = step;
  home.faults.set();
  const subject = await operation.prepare(home, user_id);
  home.faults.walk(step);
  const first = await operation.call(home, subject);
  const { status } = first;
  const at = home.faults.walked;
  home.faults.set();
  const succeeded = operation.succeeds.includes(status);
  if (!succeeded) expect(status, `${about} at ${at}`).toBe(503);
  const answers = [first];
  // The last step meets nothing: what is done twice is as good as done once.
  if (!(operation.isHandedOut && succeeded && at !== undefined)) {
    answers.push(await tryAgain(home, operation, subject, `${about} at ${at}`));
  }
  await operation.afterwards?.(home, subject, answers);
  return { about, subject, at, status };
}

/** The next try, and the one after the lease where nobody can tell what has become of the first. */
async function tryAgain(
  home: WalkedHome,
  operation: WalkedOperation,
  subject: Subject,
  about: string,
): Promise<Response> {
  let again = await operation.call(home, subject);
  if (again.status === 409) {
    expect(Number(again.headers.get('retry-after')), about).toBeGreaterThan(0);
    home.clock.advance(LATER_MS);
    again = await operation.call(home, subject);
    home.clock.release();
  }
  expect(operation.succeeds, `${about}: ${await again.clone().text()}`).toContain(again.status);
  return again;
}

/** Has every call of an operation meet a fate, one after the other, until it makes no more. */
async function* walk(
  home: WalkedHome,
  operation: WalkedOperation,
  { about, ...step }: Way,
): AsyncGenerator<Tried | string> {
  for (let nth = 1; nth <= MOST_CALLS; nth++) {
    const user_id = crypto.randomUUID();
    try {
      const tried = await tryStep(home, operation, user_id, { ...step, nth, about: `call ${nth} ${about}` });
      yield tried;
      if (tried.at === undefined) return;
    } catch (error) {
      yield messageOf(error);
      if (home.faults.walked === undefined) return;
    }
  }
}

const messageOf = (error: unknown) => (error as Error).message.slice(0, 500);

/** Those that a run has the time for: all of them in the long form. */
export const walkedNow = (all: readonly WalkedOperation[]) => all.filter(({ isLong }) => TORTURE || !isLong);

/** Has each call of an operation meet each fate, and tells what became of all that. */
export async function walkThrough(operation: WalkedOperation): Promise<{ tally: Tally; faults: string[] }> {
  // The pauses between tries are random shares of a length that grows: here they are always the smallest.
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
  const variables = { TRASH_DAYS: '30', KEEP_VERSIONS: '5', ...operation.variables };
  const home = await openWalkedHome({ variables, processes: operation.processes ?? false });
  const tally = { ...NOTHING };
  const faults: string[] = [];
  for (const way of waysOf(operation.name)) {
    const all: Tried[] = [];
    for await (const tried of walk(home, operation, way)) {
      tally.tries++;
      if (typeof tried === 'string') faults.push(tried);
      else all.push(tried);
    }
    tally.calls = Math.max(tally.calls, all.length - 1);
    tally.told_503 += all.filter(({ status }) => status === 503).length;
    home.faults.set();
    await settle(home);
    for (const tried of all) {
      try {
        const { counts, arrivals } = await expectWhole(home, tried, operation.images);
        if (counts) tally.counts_for_doctor++;
        tally.arrivals_left += arrivals;
        await operation.inTheEnd?.(home, tried.subject, tried.at);
      } catch (error) {
        tally.lost++;
        faults.push(`${tried.about} at ${tried.at}: ${messageOf(error)}`);
      }
    }
  }
  return { tally, faults };
}

/** Tells the figures of all operations of a part. */
export function reportWalks(name: string, figures: Readonly<Record<string, Tally>>): void {
  const all = Object.values(figures);
  const total = (of: (each: Tally) => number) => all.reduce((sum, each) => sum + of(each), 0);
  report(name, {
    tries: total(({ tries }) => tries),
    told_503: total(({ told_503 }) => told_503),
    counts_for_doctor: total((each) => each.counts_for_doctor),
    arrivals_left: total((each) => each.arrivals_left),
    lost: total(({ lost }) => lost),
    ...Object.fromEntries(Object.entries(figures).map(([each, tally]) => [each, { ...tally }])),
  });
}
