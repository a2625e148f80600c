import { expect, test } from 'vitest';
import { CLOCK_EVENT, queueEvent } from '../support/queue-event.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { openReceiver, readMessage } from '../support/webhook-receiver.ts';
import { bodyOf, type FunctionCalls } from './calls.ts';

const PNG = SMALL_IMAGES['image/png'].bytes;

/** Where somebody on this machine may be told. */
const ON = { WEBHOOKS: 'internal' };

const JSON_TYPE = { 'content-type': 'application/json' };

/** Webhooks through their life: what one function leaves, another finds. */
export function describeWebhooks(user: string, { home, invoke, call: anyCall }: FunctionCalls): void {
  const call: FunctionCalls['call'] = (name, request) => anyCall(name, request, ON);
  const create = async (url: string) =>
    call('create-webhook', {
      method: 'POST',
      path: '/webhooks',
      headers: JSON_TYPE,
      body: Buffer.from(JSON.stringify({ url, events: ['image.ready'] })),
    });

  /** Hands on what waits to be announced, and says how many that were. */
  const announce = async (holding: string) => {
    const jobs = await home().take('announce-event', holding);
    const batch = queueEvent(Object.fromEntries(jobs.map((job, at) => [`job ${at}`, job])));
    expect(await invoke('announce-event', batch, ON)).toEqual({ batchItemFailures: [] });
    return jobs.length;
  };

  test('tell somebody of an upload, again if that fails, and again if they want', async () => {
    const receiver = await openReceiver();
    const created = await create(receiver.url);
    expect(created.statusCode).toBe(201);
    const { webhook_id, secret: first } = bodyOf(created);
    const path = `/webhooks/${String(webhook_id)}`;
    const rotated = bodyOf(
      await call('rotate-webhook-secret', { method: 'POST', path: `${path}/rotate-secret` }),
    );
    const listed = bodyOf(await call('list-webhooks', { method: 'GET', path: '/webhooks' }));
    expect(listed['items']).toMatchObject([{ webhook_id, url: receiver.url }]);

    receiver.answer(500);
    const uploaded = await call('upload-image', {
      method: 'POST',
      path: '/images',
      query: [['user_id', user]],
      headers: { 'content-type': 'image/png' },
      body: PNG,
    });
    const { image_id } = bodyOf(uploaded);
    expect(await announce(String(image_id))).toBe(1);
    expect(receiver.messages).toHaveLength(1);
    const deliveries = async () => {
      const page = await call('list-deliveries', { method: 'GET', path: `${path}/deliveries` });
      return bodyOf(page)['items'] as { delivery_id: string; state: string }[];
    };
    const [delivery] = await deliveries();
    expect(delivery).toMatchObject({ state: 'waiting', tries: 1 });

    receiver.answer(200);
    const replay = `${path}/deliveries/${delivery?.delivery_id}/replay`;
    expect((await call('replay-delivery', { method: 'POST', path: replay })).statusCode).toBe(202);
    expect(await invoke('retry-deliveries', CLOCK_EVENT, ON)).toEqual({ settled: 1 });
    // By now it is not due any more.
    expect(await announce(String(image_id))).toBe(1);
    expect(await deliveries()).toMatchObject([{ state: 'delivered', tries: 1 }]);
    const messages = receiver.messages.map((message) =>
      readMessage(message, [String(rotated['secret']), String(first)]),
    );
    expect(messages).toMatchObject([
      { type: 'image.ready', signedBy: [0, 1], data: { image_id } },
      { type: 'image.ready', signedBy: [0, 1], data: { image_id } },
    ]);
    expect(messages[1]?.id).toBe(messages[0]?.id);
    expect((await call('delete-webhook', { method: 'DELETE', path })).statusCode).toBe(204);
  });
}
