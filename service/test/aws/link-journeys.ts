import { expect } from 'vitest';
import type { ShareLink } from '../../src/domain/share-link.ts';
import { expectEmpty, expectProblem, type Image } from '../support/answers.ts';
import { DYNAMODB_DOWN, S3_DOWN, TRANSACTION } from '../support/faults.ts';
import type { JobGround } from './job-journeys.ts';
import type { Request } from './upload-journeys.ts';

const create = (request: Request, image_id: string, key?: string): Promise<Response> =>
  request(`/images/${image_id}/links`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
    body: '{}',
  });

type Link = Pick<ShareLink, 'link_id' | 'image_id'>;

/** By the function for it, so that it is no call of the one that is looked at. */
async function linked({ uploaded, functionNamed, aside }: JobGround): Promise<Link> {
  const { image_id } = await uploaded();
  return aside(async () => {
    const answer = await create(functionNamed('create-link'), image_id);
    expect(answer.status).toBe(201);
    return (await answer.json()) as Link;
  });
}

export async function createLinks({ functionNamed, uploaded, failing }: JobGround): Promise<void> {
  const request = functionNamed('create-link');
  const { image_id }: Image = await uploaded();
  expect((await create(request, image_id)).status).toBe(201);
  expect((await create(request, image_id, 'kept')).status).toBe(201);
  // Let go of, since nothing has come of it.
  await expectProblem(await create(request, 'no-image', 'let-go'), 'not_found');
  await failing([{ ...TRANSACTION, fault: DYNAMODB_DOWN }], () => create(request, image_id));
}

export async function listLinks(ground: JobGround): Promise<void> {
  const { link_id, image_id } = await linked(ground);
  const answer = await ground.functionNamed('list-links')(`/images/${image_id}/links`);
  expect(await answer.json()).toMatchObject({ items: [{ link_id }], count: 1 });
}

export async function revokeLinks(ground: JobGround): Promise<void> {
  const { link_id, image_id } = await linked(ground);
  const request = ground.functionNamed('revoke-link');
  const revoke = () => request(`/images/${image_id}/links/${link_id}`, { method: 'DELETE' });
  await ground.failing([{ ...TRANSACTION, fault: DYNAMODB_DOWN }], revoke);
  await expectEmpty(await revoke(), 204);
  await expectProblem(await revoke(), 'not_found');
}

export async function openLinks(ground: JobGround): Promise<void> {
  const { link_id } = await linked(ground);
  const request = ground.functionNamed('open-link');
  const open = () => request(`/links/${link_id}`);
  await expectEmpty(await open(), 302);
  await ground.failing([{ at: 'UpdateItem', fault: DYNAMODB_DOWN }], open);
  // S3 is not asked for anything: the URL is signed here.
  ground.failOn({ at: 'S3 GET', fault: S3_DOWN });
  await expectEmpty(await open(), 302);
  ground.failOn();
}
