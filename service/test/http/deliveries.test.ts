import { afterEach, describe, expect, it } from 'vitest';
import { retryDeliveries } from '../../src/operations/background/retry-deliveries.ts';
import { expectProblem } from '../support/answers.ts';
import { DIVIDED_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { upload } from '../support/uploads.ts';
import {
  type DeliveryBody,
  deliveriesPage,
  onlyDelivery,
  subscribe,
  toldTo,
  webhooksOf,
} from '../support/webhook-calls.ts';
import { openReceiver, readMessage } from '../support/webhook-receiver.ts';

type Home = Omit<TestHome, 'close'>;

const { bytes: PNG } = SMALL_IMAGES['image/png'];

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** As docs/webhooks.md says: after each try but the last. */
const PAUSES = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

async function uploaded(home: Home): Promise<string> {
  const { image_id } = await upload(home, {}, PNG);
  await home.workOff();
  return image_id;
}

/** A webhook that is told of uploads alone. */
async function listener(home: Home) {
  const receiver = await openReceiver();
  const webhook = await subscribe(home, receiver, ['image.ready']);
  return { receiver, ...webhook };
}

const retry = (home: Home) => retryDeliveries(home.context.deps);

const replay = (home: Home, { webhook_id, delivery_id }: Pick<DeliveryBody, 'webhook_id' | 'delivery_id'>) =>
  home.request(`/webhooks/${webhook_id}/deliveries/${delivery_id}/replay`, { method: 'POST' });

/** A home in which no test leaves anything to be sent to the next. */
function useQuietHome(kind: (typeof DIVIDED_HOMES)[number]): Home {
  const home = useHome(kind, { config: { webhooks: 'internal' } });
  afterEach(async () => {
    await stop(home);
    home.clock.advance(30 * 24 * HOUR);
    await retry(home);
    home.clock.release();
  });
  return home;
}

async function stop(home: Home): Promise<void> {
  for (const { webhook_id } of await webhooksOf(home)) {
    await home.request(`/webhooks/${webhook_id}`, { method: 'DELETE' });
  }
}

describe.each(DIVIDED_HOMES)('a delivery (%s)', (kind) => {
  const home = useQuietHome(kind);

  it('is there with what was sent and how that ended', async () => {
    const { receiver, webhook_id } = await listener(home);
    await uploaded(home);
    const [sent] = receiver.messages;
    expect(await onlyDelivery(home, webhook_id)).toMatchObject({
      webhook_id,
      event_id: sent?.headers['webhook-id'],
      type: 'image.ready',
      body: sent?.body,
      state: 'delivered',
      tries: 1,
      next_try_at: null,
      last_try: { outcome: 'delivered', status: 204 },
    });
  });

  it('that fails is tried again when it is time, ten times over three days, and no more', async () => {
    const { receiver, webhook_id, secret } = await listener(home);
    receiver.answer(500);
    await uploaded(home);
    for (const [at, pause] of PAUSES.entries()) {
      const { next_try_at, ...delivery } = await onlyDelivery(home, webhook_id);
      expect(delivery).toMatchObject({ state: 'waiting', tries: at + 1 });
      expect(delivery.last_try).toMatchObject({ outcome: 'answered', status: 500 });
      const waits = Date.parse(next_try_at ?? '') - Date.parse(delivery.last_try?.at ?? '');
      expect(waits).toBeGreaterThanOrEqual(pause);
      expect(waits).toBeLessThanOrEqual(pause * 1.1);
      home.clock.set(next_try_at ?? '');
      home.clock.advance(-1);
      expect(await retry(home)).toBe(0);
      home.clock.advance(2);
      expect(await retry(home)).toBe(1);
      expect(receiver.messages).toHaveLength(at + 2);
    }
    expect(await onlyDelivery(home, webhook_id)).toMatchObject({
      state: 'failed',
      tries: 10,
      next_try_at: null,
    });
    home.clock.advance(30 * 24 * HOUR);
    expect(await retry(home)).toBe(0);
    const messages = toldTo(receiver, secret);
    expect(messages).toHaveLength(10);
    // The same message each time, signed anew.
    expect(new Set(receiver.messages.map(({ body }) => body)).size).toBe(1);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(1);
    const signed = messages.map(({ signedAt }) => signedAt);
    expect(signed).toEqual([...new Set(signed)].sort((a, b) => a - b));
  });

  it('that fails at first arrives when its receiver is back', async () => {
    const { receiver, webhook_id } = await listener(home);
    receiver.answer(503);
    await uploaded(home);
    receiver.answer(200);
    home.clock.advance(6 * SECOND);
    expect(await retry(home)).toBe(1);
    expect(await onlyDelivery(home, webhook_id)).toMatchObject({ state: 'delivered', tries: 2 });
    home.clock.advance(30 * 24 * HOUR);
    expect(await retry(home)).toBe(0);
  });

  it('is not followed to where a redirect leads', async () => {
    const { receiver, webhook_id } = await listener(home);
    receiver.answer(307);
    await uploaded(home);
    const { last_try, state } = await onlyDelivery(home, webhook_id);
    expect([state, last_try?.outcome, last_try?.status]).toEqual(['waiting', 'answered', 307]);
  });

  it('that is answered with 410 ends it: nothing more is sent to that webhook', async () => {
    const { receiver, webhook_id } = await listener(home);
    receiver.answer(410);
    await uploaded(home);
    const failed = await onlyDelivery(home, webhook_id);
    expect(failed).toMatchObject({ state: 'failed', tries: 1, last_try: { status: 410 } });
    const [webhook] = (await webhooksOf(home)).filter((each) => each.webhook_id === webhook_id);
    expect(webhook?.disabled_at).toMatch(/Z$/);
    receiver.answer(200);
    await uploaded(home);
    await onlyDelivery(home, webhook_id);
    expect(receiver.messages).toHaveLength(1);
    await expectProblem(await replay(home, failed), 'conflict', undefined, false);
  });

  it('that waits when its webhook is deleted is not sent', async () => {
    const { receiver } = await listener(home);
    receiver.answer(500);
    await uploaded(home);
    await stop(home);
    home.clock.advance(6 * SECOND);
    expect(await retry(home)).toBe(1);
    expect(await retry(home)).toBe(0);
    expect(receiver.messages).toHaveLength(1);
  });
});

describe.each(DIVIDED_HOMES)('a secret that is changed (%s)', (kind) => {
  const home = useQuietHome(kind);

  it('signs beside the new one for a day, and then no more', async () => {
    const { receiver, webhook_id, secret: first } = await listener(home);
    receiver.answer(500);
    const answer = await home.request(`/webhooks/${webhook_id}/rotate-secret`, { method: 'POST' });
    expect(answer.status).toBe(200);
    const { secret: second } = (await answer.json()) as { secret: string };
    expect(second).toMatch(/^whsec_.{44}$/);
    expect(second).not.toBe(first);
    await uploaded(home);
    home.clock.advance(24 * HOUR - MINUTE);
    expect(await retry(home)).toBe(1);
    home.clock.advance(2 * MINUTE);
    const delivery = await onlyDelivery(home, webhook_id);
    expect((await replay(home, delivery)).status).toBe(202);
    home.clock.advance(1);
    expect(await retry(home)).toBe(1);
    const signedBy = receiver.messages.map((each) => readMessage(each, [first, second]).signedBy);
    expect(signedBy).toEqual([[0, 1], [0, 1], [1]]);
  });
});

describe.each(DIVIDED_HOMES)('replaying (%s)', (kind) => {
  const home = useQuietHome(kind);

  it.each([
    ['was delivered', 204],
    ['waits', 500],
  ])('what %s sends it again, as it was, to that webhook alone', async (_what, status) => {
    const { receiver, webhook_id, secret } = await listener(home);
    const other = await listener(home);
    receiver.answer(status);
    await uploaded(home);
    receiver.answer(200);
    // Made since: it is told of nothing that was before.
    const later = await listener(home);
    const answer = await replay(home, await onlyDelivery(home, webhook_id));
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ webhook_id, state: 'waiting', tries: 0 });
    await home.workOff();
    const [first, again, ...others] = toldTo(receiver, secret);
    expect(others).toEqual([]);
    expect(again?.id).toBe(first?.id);
    expect(again?.data).toEqual(first?.data);
    expect(await onlyDelivery(home, webhook_id)).toMatchObject({ state: 'delivered', tries: 1 });
    expect([other, later].map((each) => each.receiver.messages.length)).toEqual([1, 0]);
  });

  it('what failed for good begins its tries anew', async () => {
    const { receiver, webhook_id } = await listener(home);
    receiver.answer(500);
    await uploaded(home);
    for (let tries = 1; tries < 10; tries++) {
      home.clock.set((await onlyDelivery(home, webhook_id)).next_try_at ?? '');
      home.clock.advance(1);
      await retry(home);
    }
    const failed = await onlyDelivery(home, webhook_id);
    expect(failed.state).toBe('failed');
    home.clock.release();
    await replay(home, failed);
    await home.workOff();
    expect(await onlyDelivery(home, webhook_id)).toMatchObject({ state: 'waiting', tries: 1 });
  });

  it('what is no delivery of that webhook is not found', async () => {
    const { webhook_id } = await listener(home);
    const other = await listener(home);
    await uploaded(home);
    const { delivery_id } = await onlyDelivery(home, other.webhook_id);
    await expectProblem(await replay(home, { webhook_id, delivery_id }), 'not_found');
    await expectProblem(await replay(home, { webhook_id, delivery_id: 'all' }), 'not_found');
  });
});

describe.each(DIVIDED_HOMES)('the list of deliveries (%s)', (kind) => {
  const home = useQuietHome(kind);

  it('is newest first, in pages, of one state where that is asked for', async () => {
    const { receiver, webhook_id } = await listener(home);
    const events: string[] = [];
    for (const status of [200, 500, 200, 500, 200]) {
      receiver.answer(status);
      await uploaded(home);
      events.unshift(String(receiver.messages.at(-1)?.headers['webhook-id']));
    }
    const all = async (query: string, size: number) => {
      const found: string[] = [];
      let key: string | null = null;
      do {
        const more: string = key === null ? '' : `&last_evaluated_key=${encodeURIComponent(key)}`;
        const page = await deliveriesPage(home, webhook_id, `?limit=${size}${query}${more}`);
        expect(page.count).toBeLessThanOrEqual(size);
        found.push(...page.items.map(({ event_id }) => event_id));
        key = page.last_evaluated_key;
      } while (key !== null);
      return found;
    };
    for (const size of [1, 2, 5, 200]) {
      expect(await all('', size)).toEqual(events);
      expect(await all('&state=delivered', size)).toEqual([events[0], events[2], events[4]]);
      expect(await all('&state=waiting', size)).toEqual([events[1], events[3]]);
      expect(await all('&state=failed', size)).toEqual([]);
    }
    const { last_evaluated_key: key } = await deliveriesPage(home, webhook_id, '?limit=1');
    const { webhook_id: others } = await listener(home);
    const foreign = [
      `/webhooks/${others}/deliveries?`,
      `/webhooks/${webhook_id}/deliveries?state=waiting&`,
      '/images?user_id=alice&',
      '/audit-events?',
    ];
    for (const path of foreign) {
      const answer = await home.request(`${path}last_evaluated_key=${encodeURIComponent(key ?? '')}`);
      await expectProblem(answer, 'invalid_request', 'last_evaluated_key');
    }
  });

  it.each([
    ['state', 'state=dead'],
    ['limit', 'limit=0'],
    ['last_evaluated_key', 'last_evaluated_key=x'],
    ['colour', 'colour=red'],
  ])('refuses a wrong %s', async (field, query) => {
    const { webhook_id } = await listener(home);
    const answer = await home.request(`/webhooks/${webhook_id}/deliveries?${query}`);
    await expectProblem(answer, 'invalid_request', field);
  });
});
