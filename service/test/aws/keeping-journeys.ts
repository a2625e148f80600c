import { expect } from 'vitest';
import { renderMissing } from '../../src/operations/background/render-missing.ts';
import { expectEmpty, expectImage, type Image } from '../support/answers.ts';
import { answerLost, DYNAMODB_DOWN, PUT, S3_DOWN, TRANSACTION } from '../support/faults.ts';
import { newPng } from '../support/uploads.ts';
import { type JobGround, processed } from './job-journeys.ts';
import { type Request, started } from './upload-journeys.ts';

const TRASH = { TRASH_DAYS: '1' };
const SCANNED = { SCANNER: 'guardduty' };

const restore = (request: Request, { image_id }: Pick<Image, 'image_id'>) =>
  request(`/images/${image_id}/restore`, { method: 'POST' });

const replace = (request: Request, { image_id }: Pick<Image, 'image_id'>) =>
  request(`/images/${image_id}/content`, {
    method: 'PUT',
    headers: { 'content-type': 'image/png' },
    body: new Uint8Array(newPng()),
  });

/** An image in the trash. */
export async function trashed({ uploaded, functionNamed, aside }: JobGround): Promise<Image> {
  const image = await uploaded();
  const request = functionNamed('delete-image', TRASH);
  await aside(async () => expectEmpty(await request(`/images/${image.image_id}`, { method: 'DELETE' }), 204));
  return image;
}

export async function restoreImages(ground: JobGround): Promise<void> {
  const request = ground.functionNamed('restore-image', TRASH);
  await expectImage(await restore(request, await trashed(ground)));
  const image = await trashed(ground);
  await ground.failing([{ ...TRANSACTION, fault: DYNAMODB_DOWN }], () => restore(request, image));
}

export async function replaceImages({ functionNamed, uploaded, failing }: JobGround): Promise<void> {
  // What is not kept is dropped, and its room given back.
  const request = functionNamed('replace-image', { KEEP_VERSIONS: '0' });
  const image = await uploaded();
  await expectImage(await replace(request, image));
  // Out of the lists, until its new bytes have been scanned.
  const scanned = functionNamed('replace-image', SCANNED);
  await expectImage(await replace(scanned, await uploaded()));
  await failing([{ ...PUT, fault: answerLost }], () => replace(request, image));
  await failing([{ ...TRANSACTION, fault: DYNAMODB_DOWN }], () => replace(request, image));
  // Refused: there is nothing that could have arrived, and its bytes go at once.
  const stale = await request(`/images/${image.image_id}/content`, {
    method: 'PUT',
    headers: { 'content-type': 'image/png', 'if-match': '"1.7"' },
    body: new Uint8Array(newPng()),
  });
  expect(stale.status).toBe(412);
}

/** An image with so many versions. */
async function replaced({ uploaded, functionNamed, aside }: JobGround, versions: number): Promise<Image> {
  const image = await uploaded();
  const request = functionNamed('replace-image');
  for (let made = 1; made < versions; made++) {
    await aside(async () => expectImage(await replace(request, image)));
  }
  return image;
}

export async function listVersions(ground: JobGround): Promise<void> {
  const { image_id } = await replaced(ground, 2);
  const answer = await ground.functionNamed('list-versions')(`/images/${image_id}/versions`);
  expect(await answer.json()).toMatchObject({ count: 2 });
}

export async function restoreVersions(ground: JobGround): Promise<void> {
  const { image_id } = await replaced(ground, 3);
  // The third and the second stay; nothing refers to the first any more.
  const request = ground.functionNamed('restore-version', { KEEP_VERSIONS: '2' });
  await expectImage(await request(`/images/${image_id}/versions/2/restore`, { method: 'POST' }));

  // Back into the lists, from among those that wait to be scanned.
  const image = await ground.uploaded();
  const scanned = ground.functionNamed('replace-image', SCANNED);
  await ground.aside(async () => expectImage(await replace(scanned, image)));
  await expectImage(await request(`/images/${image.image_id}/versions/1/restore`, { method: 'POST' }));
}

export async function renderImages(ground: JobGround): Promise<void> {
  const { image_id } = await processed(ground);
  const request = ground.functionNamed('render-image');
  const render = (width: number) => request(`/images/${image_id}/renditions?w=${width}&format=png`);
  expect((await render(100)).status).toBe(302);
  expect((await render(100)).status).toBe(302);
  // Stored, and nobody is told: what is there may be half of it, and goes.
  await ground.failing([{ ...PUT, fault: answerLost }], () => render(200));
}

export async function renderMissingOnes(ground: JobGround): Promise<void> {
  const { image_id } = await processed(ground);
  const render = async (name: string) => {
    const key = `.renditions/alice/${image_id}.v1/${name}`;
    const { object } = await renderMissing(ground.newDeps(), key);
    await object.read(0, object.size_bytes);
    await object.close();
  };
  await render('w100-h67-inside-q100.png');
  await render('w100-h67-inside-q100.png');
  // Stored, and nobody is told: what is there may be half of it, and goes.
  ground.failOn({ ...PUT, fault: answerLost });
  await expect(render('w200-h133-inside-q100.png')).rejects.toMatchObject({ code: 'unavailable' });
  ground.failOn();
}

export async function deleteSeveral({
  functionNamed,
  uploaded,
  failOn,
  ...ground
}: JobGround): Promise<void> {
  const remove = async (request: Request, image_id: string) => {
    const answer = await request('/images/bulk-delete', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ image_ids: [image_id] }),
    });
    const { items } = (await answer.json()) as { items: readonly { status: number }[] };
    return items[0]?.status;
  };
  const images = [await uploaded(), await uploaded(), await uploaded(), await uploaded()] as const;
  const request = functionNamed('delete-images');
  expect(await remove(request, images[0].image_id)).toBe(204);
  failOn({ at: 'S3 DELETE', fault: S3_DOWN });
  expect(await remove(request, images[1].image_id)).toBe(503);
  failOn({ ...TRANSACTION, fault: DYNAMODB_DOWN });
  expect(await remove(request, images[2].image_id)).toBe(503);
  failOn();
  expect(await remove(functionNamed('delete-images', TRASH), images[3].image_id)).toBe(204);
  const underWay = { functionNamed, uploaded, failOn, ...ground };
  const { image } = await started(underWay, { method: 'parts', size_bytes: 1000 });
  expect(await remove(request, image.image_id)).toBe(204);
}

export async function eraseUsers({ functionNamed }: JobGround): Promise<void> {
  await expectEmpty(await functionNamed('erase-user')('/users/alice/images', { method: 'DELETE' }), 202);
}
