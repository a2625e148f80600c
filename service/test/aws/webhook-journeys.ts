import { expect } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import type { AnnounceEvent } from '../../src/domain/job.ts';
import { deliveryIdOf } from '../../src/domain/webhook-delivery.ts';
import { announceEvent } from '../../src/operations/background/announce-event.ts';
import { retryDeliveries } from '../../src/operations/background/retry-deliveries.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { expectEmpty } from '../support/answers.ts';
import type { JobGround } from './job-journeys.ts';
import type { Request } from './upload-journeys.ts';

/** A port at which nobody listens: what is sent there fails at once. */
const NOBODY = 'http://127.0.0.1:9/hook';

const create = (request: Request) =>
  request('/webhooks', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: NOBODY, events: ['image.ready'] }),
  });

async function created({ functionNamed, aside }: JobGround): Promise<string> {
  return aside(async () => {
    const answer = await create(functionNamed('create-webhook'));
    expect(answer.status).toBe(201);
    return ((await answer.json()) as { webhook_id: string }).webhook_id;
  });
}

/** So that journeys have no webhook but their own. */
async function without({ newDeps, aside }: JobGround): Promise<void> {
  await aside(async () => {
    const registry = newDeps().webhooks?.registry;
    await registry?.write((await registry.read()).revision, []);
  });
}

function announcement(): AnnounceEvent {
  const image_id = newImageId(Date.now());
  const image = {
    image_id,
    user_id: 'alice',
    version: 1,
    status: 'ready',
    content_type: 'image/png',
    size_bytes: 294,
    width: 3,
    height: 2,
    rejection_reason: null,
  } as const;
  const event = {
    event_id: newImageId(Date.now()),
    type: 'image.ready',
    at: new Date().toISOString(),
    image,
  } as const;
  return { kind: 'announce-event', event };
}

/** A delivery that has failed once, by its path. */
async function undelivered(ground: JobGround): Promise<{ webhook_id: string; path: string }> {
  const webhook_id = await created(ground);
  const job = announcement();
  await ground.aside(() => announceEvent(ground.newDeps(), job));
  const path = `/webhooks/${webhook_id}/deliveries/${deliveryIdOf(job.event.event_id, webhook_id)}`;
  return { webhook_id, path };
}

export async function createWebhooks(ground: JobGround): Promise<void> {
  await without(ground);
  const answer = await create(ground.functionNamed('create-webhook'));
  expect(answer.status).toBe(201);
}

export async function listWebhooks(ground: JobGround): Promise<void> {
  await created(ground);
  expect((await ground.functionNamed('list-webhooks')('/webhooks')).status).toBe(200);
}

export async function deleteWebhooks(ground: JobGround): Promise<void> {
  const webhook_id = await created(ground);
  const request = ground.functionNamed('delete-webhook');
  await expectEmpty(await request(`/webhooks/${webhook_id}`, { method: 'DELETE' }), 204);
}

export async function rotateSecrets(ground: JobGround): Promise<void> {
  const webhook_id = await created(ground);
  const request = ground.functionNamed('rotate-webhook-secret');
  expect((await request(`/webhooks/${webhook_id}/rotate-secret`, { method: 'POST' })).status).toBe(200);
}

export async function listDeliveries(ground: JobGround): Promise<void> {
  const { webhook_id } = await undelivered(ground);
  const request = ground.functionNamed('list-deliveries');
  for (const query of ['', '?limit=1', '?state=failed']) {
    expect((await request(`/webhooks/${webhook_id}/deliveries${query}`)).status).toBe(200);
  }
}

export async function replayDeliveries(ground: JobGround): Promise<void> {
  const { path } = await undelivered(ground);
  const request = ground.functionNamed('replay-delivery');
  expect((await request(`${path}/replay`, { method: 'POST' })).status).toBe(202);
}

/** Its receiver wants no more: then the webhook itself is changed. */
function unwanted(deps: Deps): Deps {
  const { webhooks } = deps;
  if (!webhooks) throw new Error('The function was given no webhooks.');
  const sender = { ...webhooks.sender, post: async () => ({ outcome: 'answered', status: 410 }) as const };
  return { ...deps, webhooks: { ...webhooks, sender } };
}

export async function announceEvents(ground: JobGround): Promise<void> {
  await without(ground);
  await created(ground);
  const job = announcement();
  await announceEvent(ground.newDeps(), job);
  await announceEvent(ground.newDeps(), job);
  await announceEvent(unwanted(ground.newDeps()), announcement());
}

export async function retryTheDeliveries(ground: JobGround): Promise<void> {
  await without(ground);
  await undelivered(ground);
  const later = () => {
    const deps = ground.newDeps();
    return { ...deps, clock: { now: () => Date.now() + 6000 } };
  };
  expect(await retryDeliveries(later())).toBeGreaterThanOrEqual(1);
  await undelivered(ground);
  expect(await retryDeliveries(unwanted(later()))).toBeGreaterThanOrEqual(1);
}
