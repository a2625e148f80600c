import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expireUploads } from '../../src/operations/background/expire-uploads.ts';
import { announce, complete, type Started, sendUpload } from '../support/announced-uploads.ts';
import type { Image } from '../support/answers.ts';
import { DIVIDED_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { png } from '../support/png.ts';
import { uploadCall } from '../support/uploads.ts';

type Home = Omit<TestHome, 'close'>;

const IMAGE = png({ seed: 3 });
const SLOTS = 3;

/** What one caller does: takes a slot in one of two ways, and then keeps it, or does something with it. */
interface Racer {
  readonly way: 'inline' | 'announced';
  readonly next: 'keep' | 'complete' | 'delete';
  readonly turns: number;
}

/** How it went: whether there was a slot, and whether the caller has given it up. */
interface Outcome {
  readonly admitted: boolean;
  readonly gone: boolean;
}

async function race(home: Home, user_id: string, { way, next, turns }: Racer): Promise<Outcome> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  const started = way === 'inline' ? undefined : await announced(home, user_id);
  const image_id = way === 'inline' ? await uploaded(home, user_id) : started?.image.image_id;
  if (image_id === undefined) return { admitted: false, gone: false };
  if (next === 'delete') {
    const response = await home.request(`/images/${image_id}`, { method: 'DELETE' });
    expect(response.status).toBe(204);
    return { admitted: true, gone: true };
  }
  if (next === 'complete' && started) {
    await sendUpload(home, started, IMAGE);
    expect((await complete(home, started)).status).toBe(200);
  }
  return { admitted: true, gone: false };
}

async function uploaded(home: Home, user_id: string): Promise<string | undefined> {
  const { path, init } = uploadCall('raw bytes', IMAGE, { user_id });
  const response = await home.request(path, init);
  return takenSlot(response, async () => ((await response.json()) as Image).image_id);
}

async function announced(home: Home, user_id: string): Promise<Started | undefined> {
  const response = await announce(home, IMAGE, { user_id, content_type: 'image/png', method: 'put' });
  return takenSlot(response, async () => (await response.json()) as Started);
}

/** There is a slot, or the answer says that there is none; it is nothing else. */
async function takenSlot<Taken>(response: Response, read: () => Promise<Taken>): Promise<Taken | undefined> {
  if (response.status === 201) return read();
  expect(response.status, await response.clone().text()).toBe(429);
  expect(await response.json()).toMatchObject({ code: 'quota_exceeded' });
  return undefined;
}

/** Ids of all that a user has, whatever its status. */
async function owned(home: Home, user_id: string): Promise<string[]> {
  const lists = await Promise.all(
    ['', '&status=pending'].map(async (status) => {
      const response = await home.request(`/images?user_id=${user_id}${status}`);
      return ((await response.json()) as { items: Image[] }).items;
    }),
  );
  return lists.flat().map(({ image_id }) => image_id);
}

describe.each(DIVIDED_HOMES)('uploads for the last slots of a quota (%s)', (kind) => {
  const home = useHome(kind, { config: { quotaLimits: { max_images: SLOTS, max_bytes: null } } });
  let users = 0;

  const racer: fc.Arbitrary<Racer> = fc.record({
    way: fc.constantFrom('inline', 'announced'),
    next: fc.constantFrom('keep', 'complete', 'delete'),
    turns: fc.nat(20),
  });

  it('never take more than there are, leave none unused, and count what is there', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(SLOTS - 1),
        fc.array(racer, { minLength: 2, maxLength: 7 }),
        async (before, racers) => {
          const user_id = `racer-${++users}`;
          for (let slot = 0; slot < before; slot++) await uploaded(home, user_id);
          const outcomes = await Promise.all(racers.map((each) => race(home, user_id, each)));
          const free = SLOTS - before;
          const admitted = outcomes.filter((each) => each.admitted);
          const gone = outcomes.filter((each) => each.gone);
          const left = before + admitted.length - gone.length;
          // A slot that was given up may have been taken again.
          expect(left).toBeLessThanOrEqual(SLOTS);
          expect(admitted.length).toBeGreaterThanOrEqual(Math.min(free, racers.length));
          expect(await owned(home, user_id)).toHaveLength(left);
          const usage = await home.context.deps.quotas.usageOf(user_id);
          expect(usage).toMatchObject({ images: left, bytes: left * IMAGE.length });
          await expectExpiryToFreeSlots(user_id, racers, outcomes, left);
        },
      ),
      { numRuns: kind === 'embedded' ? 40 : 15 },
    );
  });

  /** Uploads that were announced and never completed give their slots back, and nothing else does. */
  async function expectExpiryToFreeSlots(
    user_id: string,
    racers: readonly Racer[],
    outcomes: readonly Outcome[],
    left: number,
  ): Promise<void> {
    const pending = racers.filter(
      ({ way, next }, nth) => way === 'announced' && next === 'keep' && outcomes[nth]?.admitted,
    ).length;
    const clock = { now: () => home.context.deps.clock.now() + 2 * 3600_000 };
    const { deps } = home.context;
    await Promise.all([expireUploads({ ...deps, clock }), expireUploads({ ...deps, clock })]);
    expect(await owned(home, user_id)).toHaveLength(left - pending);
    expect(await deps.quotas.usageOf(user_id)).toMatchObject({ images: left - pending });
  }
});
