import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { announce } from '../support/announced-uploads.ts';
import { HOMES, type TestHome, useHome } from '../support/homes.ts';
import { post, processing, replace } from '../support/image-calls.ts';
import { newPng, uploadCall } from '../support/uploads.ts';
import { subscribe, webhooksOf } from '../support/webhook-calls.ts';
import { readDocument } from './support/described-routes.ts';
import { KnownThings } from './support/known-things.ts';
import { report, SEED, TORTURE, tries } from './support/torture.ts';
import { type Tried, tryCall } from './support/try-call.ts';
import { callsOf } from './support/wild-calls.ts';

/** As many as get through to every route. */
const LEAST = 1200;

/** The short form leaves the slower home to the long one. */
const TRIES = {
  embedded: tries({ short: LEAST, long: 60_000 }),
  aws: TORTURE ? tries({ short: LEAST, long: 6000 }) : 0,
} as const;

/** After so many requests there is something new that they may name, and jobs are done. */
const TENDED_EVERY = 60;

/** A figure that is looked at, and a failure only far beyond what a busy machine takes. */
const FAR_TOO_SLOW_MS = 10_000;

type Home = Omit<TestHome, 'close'>;

/** Where nobody listens, so that no message leaves this machine. */
const NOWHERE = { url: 'http://127.0.0.1:9/' };

/** Puts something there for requests to name, and does the jobs. */
async function tend(home: Home, known: KnownThings): Promise<void> {
  const learn = async (response: Response) => known.learn(response, await response.clone().text());
  await removeWebhooks(home);
  const { webhook_id } = await subscribe(home, NOWHERE);
  for (const user_id of ['alice', 'bob', 'a/b']) {
    const { path, init } = uploadCall('raw bytes', newPng(), { user_id, tags: ['bird'], title: 'Osprey' });
    const response = await home.request(path, init);
    await learn(response);
    const { image_id } = (await response.json()) as { image_id: string };
    await learn(await post(home, `/images/${image_id}/links`));
    if (user_id === 'bob') await replace(home, image_id, newPng());
  }
  for (const method of ['post', 'put', 'parts']) {
    await learn(await announce(home, newPng(), { content_type: 'image/png', method }));
  }
  await home.workOff();
  await learn(await home.request(`/webhooks/${webhook_id}/deliveries`));
}

/** Before jobs are done: messages would go to wherever a wild address leads. */
async function removeWebhooks(home: Home): Promise<void> {
  for (const { webhook_id } of await webhooksOf(home)) {
    await home.request(`/webhooks/${webhook_id}`, { method: 'DELETE' });
  }
}

/** One of each kind of fault, with the request that met it. */
function kindsOf(faulty: readonly Tried[]): unknown[] {
  const kinds = new Map(
    faulty.map((each) => [JSON.stringify([each.route.id, each.status, each.faults]), each]),
  );
  return [...kinds.values()].map(({ faults, request }) => ({ faults, request }));
}

const share = (tried: readonly Tried[], least: number, most: number) =>
  tried.filter(({ status }) => status >= least && status < most).length;

describe.each(HOMES.filter((kind) => TRIES[kind] > 0))(
  'requests that are valid, nearly valid and wild, to every route (%s)',
  (kind) => {
    // With all that is optional, so that nothing is answered 501.
    const home = useHome(kind, {
      search: true,
      config: { webhooks: 'internal', ...processing({ trashDays: 30 }) },
    });

    it('are answered as the OpenAPI document says, and none by a failure', {
      timeout: TORTURE ? 1_800_000 : 120_000,
    }, async () => {
      const document = readDocument(home.context.publicUrl);
      const known = new KnownThings();
      const calls = fc.oneof(...document.routes.map(callsOf));
      const tried: Tried[] = [];
      for (let nth = 0; nth < TRIES[kind]; nth += TENDED_EVERY) {
        await tend(home, known);
        for (const call of fc.sample(calls, { numRuns: TENDED_EVERY, seed: SEED + nth })) {
          tried.push(await tryCall(home, document, known, call));
        }
      }
      await removeWebhooks(home);
      await home.workOff();
      const faulty = tried.filter(({ faults }) => faults.length > 0);
      const times = tried.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
      report(`fuzz-${kind}`, {
        requests: tried.length,
        answered_2xx_or_3xx: share(tried, 200, 400),
        answered_4xx: share(tried, 400, 500),
        answered_5xx: share(tried, 500, 600),
        faults: faulty.length,
        slower_than_a_second: times.filter((milliseconds) => milliseconds > 1000).length,
        slowest_milliseconds: Math.round(times.at(-1) ?? 0),
        slowest: tried.find(({ milliseconds }) => milliseconds === times.at(-1))?.route.id ?? '',
      });
      expect(kindsOf(faulty)).toEqual([]);
      expect(times.at(-1)).toBeLessThan(FAR_TOO_SLOW_MS);
      // Every route has been got through to, as it is meant to be used.
      const reached = new Set(tried.filter(({ status }) => status < 400).map(({ route }) => route.id));
      const unreached = document.routes.map(({ id }) => id).filter((id) => !reached.has(id));
      expect(unreached).toEqual([]);
    });
  },
);
