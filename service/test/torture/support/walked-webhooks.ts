import { expect } from 'vitest';
import type { Webhook } from '../../../src/domain/webhook-delivery.ts';
import type { WebhookParts } from '../../../src/operations/deps.ts';
import type { WalkedHome } from './walked-home.ts';
import type { Subject, WalkedOperation } from './walked-operation.ts';
import { send, uploaded } from './walked-operations.ts';

const TOLD = { WEBHOOKS: 'internal' } as const;

/** An image with a link, by its id. */
export async function linked(home: WalkedHome, user_id: string): Promise<Subject> {
  const subject = await uploaded(home, user_id);
  const response = await send(home, 'POST', `/images/${subject.image_id}/links`, {});
  expect(response.status).toBe(201);
  return { ...subject, other: ((await response.json()) as { link_id: string }).link_id };
}

async function linksOf(home: WalkedHome, { image_id }: Subject): Promise<readonly { views: number }[]> {
  const response = await send(home, 'GET', `/images/${image_id}/links`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { items: readonly { views: number }[] }).items;
}

export function partsOf({ deps }: WalkedHome): WebhookParts {
  if (!deps.webhooks) throw new Error('Nobody is told of anything in this home.');
  return deps.webhooks;
}

export const webhooksOf = async (home: WalkedHome): Promise<readonly Webhook[]> =>
  (await partsOf(home).registry.read()).webhooks;

/** By which a user's webhook is known. */
const urlOf = (user_id: string) => `http://127.0.0.1:9/${user_id}`;

const create = (home: WalkedHome, { user_id }: Pick<Subject, 'user_id'>) =>
  send(home, 'POST', '/webhooks', { url: urlOf(user_id), events: ['image.ready'] });

type Created = Pick<Webhook, 'webhook_id'> & { readonly secret: string };

/** A webhook, and beside it its secret. Those of tries before go, since there are few at most. */
async function subscribed(home: WalkedHome, user_id: string): Promise<Subject> {
  const { registry } = partsOf(home);
  expect(await registry.write((await registry.read()).revision, [])).toBe(true);
  const response = await create(home, { user_id });
  expect(response.status, await response.clone().text()).toBe(201);
  const { webhook_id, secret } = (await response.json()) as Created;
  return { user_id, image_id: '', other: webhook_id, beside: secret };
}

/** None but those that a try makes. */
async function unsubscribed(home: WalkedHome, user_id: string): Promise<Subject> {
  const { registry } = partsOf(home);
  expect(await registry.write((await registry.read()).revision, [])).toBe(true);
  return { user_id, image_id: '' };
}

/** The ids and secrets that callers were told. */
async function toldIn(answers: readonly Response[]): Promise<readonly Created[]> {
  const told = answers.filter(({ ok }) => ok).map((answer) => answer.clone().json());
  return (await Promise.all(told)) as Created[];
}

/**
 * The only webhook of a home, and an image of which it has been told. It stays the same one, so that what is still
 * to be sent to it is.
 */
export async function awaited(home: WalkedHome, user_id: string): Promise<Subject> {
  const [known] = await webhooksOf(home);
  const { other = '' } = known ? { other: known.webhook_id } : await subscribed(home, user_id);
  return { ...(await uploaded(home, user_id)), other };
}

/** What has been written down of the messages about an image. */
export async function deliveriesOf(home: WalkedHome, { image_id, other = '' }: Subject) {
  const { items } = await partsOf(home).deliveries.list({ webhook_id: other }, 1000, null);
  return items.filter(({ body }) => body.includes(image_id));
}

/** The ids of the messages about an image that have been sent, one for each time. */
export const sentOf = ({ sender }: WalkedHome, { image_id }: Subject) =>
  sender.sent.filter(({ body }) => body.includes(image_id)).map(({ id }) => id);

/** The same once that has been told, and beside it the id of the delivery. */
async function delivered(home: WalkedHome, user_id: string): Promise<Subject> {
  const subject = await awaited(home, user_id);
  await home.hand(await home.take('announce-event', subject.image_id));
  const [delivery] = await deliveriesOf(home, subject);
  if (!delivery) throw new Error('There is no delivery.');
  return { ...subject, beside: delivery.delivery_id };
}

/** One delivery, which has arrived, and so often at least as one and the same message. */
export async function expectArrived(home: WalkedHome, subject: Subject, atLeast: number): Promise<void> {
  const states = (await deliveriesOf(home, subject)).map(({ state }) => state);
  expect(states).toEqual(['delivered']);
  const sent = sentOf(home, subject);
  expect(sent.length).toBeGreaterThanOrEqual(atLeast);
  expect(new Set(sent).size).toBe(1);
}

/** Operations on share links, and on webhooks. */
export const WALKED_HOOKS: readonly WalkedOperation[] = [
  {
    name: 'revoke-link',
    operation: 'revoke-link',
    prepare: linked,
    call: (home, { image_id, other }) => send(home, 'DELETE', `/images/${image_id}/links/${other}`),
    succeeds: [204, 404],
    images: 1,
    inTheEnd: async (home, subject) => expect(await linksOf(home, subject)).toEqual([]),
  },
  {
    name: 'open-link',
    operation: 'open-link',
    prepare: linked,
    call: (home, { other }) => send(home, 'GET', `/links/${other}`),
    succeeds: [302],
    images: 1,
    async afterwards(home, subject, answers) {
      const [link] = await linksOf(home, subject);
      const opened = answers.filter(({ status }) => status === 302).length;
      expect(link?.views).toBeGreaterThanOrEqual(opened);
    },
  },
  {
    name: 'create-webhook',
    operation: 'create-webhook',
    variables: TOLD,
    prepare: unsubscribed,
    call: create,
    succeeds: [201],
    images: 0,
    async afterwards(home, _subject, answers) {
      const told = await toldIn(answers);
      const ids = (await webhooksOf(home)).map(({ webhook_id }) => webhook_id);
      expect(ids).toEqual(expect.arrayContaining(told.map(({ webhook_id }) => webhook_id)));
      // Each try makes one, and no more.
      expect(ids.length).toBeLessThanOrEqual(answers.length);
      expect(new Set(ids).size).toBe(ids.length);
    },
  },
  {
    name: 'list-webhooks',
    operation: 'list-webhooks',
    variables: TOLD,
    prepare: subscribed,
    call: (home) => send(home, 'GET', '/webhooks'),
    succeeds: [200],
    images: 0,
  },
  {
    name: 'delete-webhook',
    operation: 'delete-webhook',
    variables: TOLD,
    prepare: subscribed,
    call: (home, { other }) => send(home, 'DELETE', `/webhooks/${other}`),
    succeeds: [204, 404],
    images: 0,
    async afterwards(home, _subject, [first]) {
      expect(await webhooksOf(home)).toEqual([]);
      // It was there: whoever is the first to ask is not told that it was not.
      expect(first?.status).not.toBe(404);
    },
  },
  {
    name: 'rotate-webhook-secret',
    operation: 'rotate-webhook-secret',
    variables: TOLD,
    prepare: subscribed,
    call: (home, { other }) => send(home, 'POST', `/webhooks/${other}/rotate-secret`),
    succeeds: [200],
    images: 0,
    async afterwards(home, { beside }, answers) {
      const told = (await toldIn(answers)).map(({ secret }) => secret);
      const [webhook] = await webhooksOf(home);
      const secrets = webhook?.secrets.map(({ secret }) => secret) ?? [];
      // The one before signs as well, so that no message is missed; none stands there twice.
      expect(secrets).toEqual(expect.arrayContaining([beside, ...told]));
      expect(secrets[0]).toBe(told.at(-1));
      expect(secrets.length).toBeLessThanOrEqual(1 + answers.length);
      expect(new Set(secrets).size).toBe(secrets.length);
    },
  },
  {
    name: 'list-deliveries',
    operation: 'list-deliveries',
    variables: TOLD,
    prepare: delivered,
    call: (home, { other }) => send(home, 'GET', `/webhooks/${other}/deliveries`),
    succeeds: [200],
    images: 1,
  },
  {
    name: 'replay-delivery',
    operation: 'replay-delivery',
    variables: TOLD,
    prepare: delivered,
    call: (home, { other, beside }) => send(home, 'POST', `/webhooks/${other}/deliveries/${beside}/replay`),
    succeeds: [202],
    images: 1,
    inTheEnd: (home, subject) => expectArrived(home, subject, 2),
  },
];
