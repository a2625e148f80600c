import { describe, expect, it } from 'vitest';
import { purgeTrash } from '../../src/operations/background/purge-trash.ts';
import { expectEmpty, expectImage, expectProblem, type Image } from '../support/answers.ts';
import { DIVIDED_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { post, processing, remove, replace, viewed } from '../support/image-calls.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { newPng, upload } from '../support/uploads.ts';
import { subscribe, toldTo } from '../support/webhook-calls.ts';
import { openReceiver } from '../support/webhook-receiver.ts';

type Home = Omit<TestHome, 'close'>;

const { bytes: PNG } = SMALL_IMAGES['image/png'];
const { bytes: JPEG } = SMALL_IMAGES['image/jpeg'];

const patch = (home: Home, { image_id }: Image, title: string, ifMatch?: string) =>
  home.request(`/images/${image_id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', ...(ifMatch ? { 'if-match': ifMatch } : {}) },
    body: JSON.stringify({ title }),
  });

/** Somebody who is told of everything, and what they have been told of since they were last asked. */
async function listener(home: Home) {
  const receiver = await openReceiver();
  const { secret, webhook_id } = await subscribe(home, receiver);
  const told = async () => {
    await home.workOff();
    const messages = toldTo(receiver, secret);
    receiver.messages.length = 0;
    return messages;
  };
  const types = async () => (await told()).map(({ type }) => type).sort();
  return { told, types, webhook_id };
}

describe.each(DIVIDED_HOMES)('whoever has asked to be told of changes (%s)', (kind) => {
  const home = useHome(kind, { config: { webhooks: 'internal' } });

  it('is told of an upload once, what it is and nothing that leads to it', async () => {
    const { told } = await listener(home);
    const before = Date.now();
    const { image_id } = await upload(home, { user_id: 'ann', title: 'Private', filename: 'me.png' }, PNG);
    const [message, ...others] = await told();
    expect(others).toEqual([]);
    expect(message).toMatchObject({ type: 'image.ready' });
    expect(message?.data).toEqual({
      image_id,
      user_id: 'ann',
      version: 1,
      status: 'ready',
      content_type: 'image/png',
      size_bytes: PNG.length,
      width: 8,
      height: 6,
      rejection_reason: null,
    });
    expect(message?.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Date.parse(message?.timestamp ?? '')).toBeGreaterThanOrEqual(before);
    expect(await told()).toEqual([]);
  });

  it('is told of each change once, each with an id of its own', async () => {
    const { told, types } = await listener(home);
    const image = await upload(home, {}, PNG);
    expect(await types()).toEqual(['image.ready']);
    await expectImage(await patch(home, image, 'Evening'));
    const [patched] = await told();
    expect(patched).toMatchObject({ type: 'image.updated', data: { version: 1 } });
    await expectImage(await replace(home, image.image_id, JPEG, { 'content-type': 'image/jpeg' }));
    const [replaced] = await told();
    expect(replaced).toMatchObject({
      type: 'image.updated',
      data: { version: 2, content_type: 'image/jpeg' },
    });
    await expectImage(await post(home, `/images/${image.image_id}/versions/1/restore`));
    const [restored] = await told();
    expect(restored).toMatchObject({
      type: 'image.updated',
      data: { version: 3, content_type: 'image/png' },
    });
    expect(new Set([patched?.id, replaced?.id, restored?.id]).size).toBe(3);
    await expectEmpty(await remove(home, image.image_id), 204);
    expect(await told()).toMatchObject([
      { type: 'image.deleted', data: { image_id: image.image_id, version: 3 } },
    ]);
  });

  it('is told of bytes that turn out to be no picture', async () => {
    const { told } = await listener(home);
    const { image_id } = await upload(home, {}, Buffer.concat([PNG.subarray(0, 60), newPng().subarray(60)]));
    const messages = await told();
    expect(await viewed(home, image_id)).toMatchObject({ status: 'rejected' });
    const { rejection_reason } = await viewed(home, image_id);
    // It was served until somebody looked.
    expect(messages.map(({ type }) => type).sort()).toEqual(['image.ready', 'image.rejected']);
    const rejected = messages.find(({ type }) => type === 'image.rejected');
    expect(rejected?.data).toMatchObject({ image_id, status: 'rejected', rejection_reason });
  });

  it('is told of a direct upload when it is complete, and of none that is given up', async () => {
    const { types } = await listener(home);
    const start = async () => {
      const answer = await home.request('/images/uploads', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          user_id: 'ann',
          content_type: 'image/png',
          size_bytes: PNG.length,
          method: 'put',
        }),
      });
      return (await answer.json()) as { image: Image; upload: { url: string } };
    };
    const { image, upload: put } = await start();
    expect(await types()).toEqual([]);
    const headers = { 'content-type': 'image/png' };
    expect((await home.follow(put.url, { method: 'PUT', headers, body: new Uint8Array(PNG) })).ok).toBe(true);
    await expectImage(await post(home, `/images/${image.image_id}/complete`));
    expect(await types()).toEqual(['image.ready']);
    const other = await start();
    await expectEmpty(await remove(home, other.image.image_id), 204);
    expect(await types()).toEqual([]);
  });

  it('is told of nothing that was refused', async () => {
    const image = await upload(home, {}, PNG);
    await home.workOff();
    const { types } = await listener(home);
    await expectProblem(await patch(home, image, 'Late', '"7.7"'), 'precondition_failed');
    await expectProblem(await remove(home, image.image_id, '', '"7.7"'), 'precondition_failed');
    await expectProblem(
      await replace(home, image.image_id, Buffer.from('no picture')),
      'unsupported_media_type',
    );
    await expectProblem(await patch(home, { ...image, image_id: 'x' }, 'Nobody'), 'not_found');
    expect(await types()).toEqual([]);
  });

  it('is told of what they have asked for, and of nothing else, until they ask no more', async () => {
    const receivers = [await openReceiver(), await openReceiver()] as const;
    const ready = await subscribe(home, receivers[0], ['image.ready']);
    const gone = await subscribe(home, receivers[1], ['image.deleted', 'image.rejected']);
    const { image_id } = await upload(home, {}, PNG);
    await home.workOff();
    await remove(home, image_id);
    await home.workOff();
    expect(toldTo(receivers[0], ready.secret).map(({ type }) => type)).toEqual(['image.ready']);
    expect(toldTo(receivers[1], gone.secret).map(({ type }) => type)).toEqual(['image.deleted']);
    await home.request(`/webhooks/${ready.webhook_id}`, { method: 'DELETE' });
    await upload(home, {}, PNG);
    await home.workOff();
    expect(receivers[0].messages).toHaveLength(1);
  });

  it('is each told of a change by one message with the id that the others have too', async () => {
    const receivers = [await openReceiver(), await openReceiver()];
    const secrets: string[] = [];
    for (const receiver of receivers) secrets.push((await subscribe(home, receiver)).secret);
    await upload(home, {}, PNG);
    await home.workOff();
    const ids = receivers.flatMap((receiver, at) => toldTo(receiver, secrets[at] ?? '').map(({ id }) => id));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });
});

describe.each(DIVIDED_HOMES)('whoever is told of changes where there is a trash (%s)', (kind) => {
  const home = useHome(kind, { config: { webhooks: 'internal', ...processing({ trashDays: 30 }) } });

  it('is told of what goes there and what comes back, and not of what goes from there', async () => {
    const { types } = await listener(home);
    const { image_id } = await upload(home, {}, PNG);
    expect(await types()).toEqual(['image.ready']);
    await remove(home, image_id);
    expect(await types()).toEqual(['image.deleted']);
    await post(home, `/images/${image_id}/restore`);
    expect(await types()).toEqual(['image.ready']);
    await remove(home, image_id);
    expect(await types()).toEqual(['image.deleted']);
    home.clock.advance(31 * 86_400_000);
    expect(await purgeTrash(home.context.deps)).toBe(1);
    expect(await types()).toEqual([]);
  });
});

describe.each(DIVIDED_HOMES)(
  'whoever is told of changes where images are rewritten before they are served (%s)',
  (kind) => {
    const home = useHome(kind, { config: { webhooks: 'internal', ...processing({ stripGps: true }) } });

    it('is told of an image when it is served, and of its next bytes when they come and when they are served', async () => {
      const { told } = await listener(home);
      const { image_id, status } = await upload(home, {}, PNG);
      expect(status).toBe('scanning');
      expect(await told()).toMatchObject([{ type: 'image.ready', data: { image_id, status: 'ready' } }]);
      await expectImage(await replace(home, image_id, JPEG, { 'content-type': 'image/jpeg' }));
      const messages = await told();
      expect(messages.map(({ type, data }) => [type, data['status'], data['version']]).sort()).toEqual([
        ['image.ready', 'ready', 2],
        ['image.updated', 'scanning', 2],
      ]);
    });
  },
);
