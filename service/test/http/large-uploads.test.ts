import { beforeEach, describe, expect, it } from 'vitest';
import {
  complete,
  fetched,
  putPart,
  type Started,
  sendUpload,
  startUpload,
  uploadsLeft,
} from '../support/announced-uploads.ts';
import { expectImage } from '../support/answers.ts';
import { HOMES, useHome } from '../support/homes.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { bytesOf, MIB } from '../support/stored-bytes.ts';

/** A photograph as far as its header goes, and as large as the largest ones. */
const PHOTO = Buffer.concat([SMALL_IMAGES['image/jpeg'].bytes, bytesOf(40 * MIB)]);

describe.each(HOMES)('40 MB (%s)', (kind) => {
  const home = useHome(kind);
  beforeEach(onlyWhenLarge);

  const expectWhole = async (started: Started) => {
    const image = await expectImage(await complete(home, started));
    expect(image).toMatchObject({ status: 'ready', size_bytes: PHOTO.length });
    expect((await fetched(home, image.url)).equals(PHOTO)).toBe(true);
    expect(await uploadsLeft(home, started)).toEqual([]);
  };

  it.each(['post', 'put'])('come whole by %s', async (method) => {
    const started = await startUpload(home, PHOTO, { method });
    expect((await sendUpload(home, started, PHOTO)).ok).toBe(true);
    await expectWhole(started);
  });

  it('come whole in parts, by a client that is cut off at a third and knows nothing but the id when it comes back', async () => {
    const started = await startUpload(home, PHOTO, { method: 'parts' });
    const [first, second] = started.upload.parts;
    if (!first || !second) throw new Error('There are no two parts.');
    expect((await putPart(home, started, PHOTO, first)).ok).toBe(true);
    let sent = 0;
    const half = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent++ < 3) controller.enqueue(new Uint8Array(PHOTO.subarray(0, MIB)));
        else controller.error(new Error('The client is gone.'));
      },
    });
    const init = { method: 'PUT', body: half, duplex: 'half' };
    const answer = await home.follow(second.url, init as RequestInit).catch(() => undefined);
    expect(answer?.ok ?? false).toBe(false);
    const listed = await home.request(`/images/${started.image.image_id}/parts`);
    const rest = (await listed.json()) as Started['upload'] & { arrived: { number: number }[] };
    expect(rest.arrived.map(({ number }) => number)).toEqual([1]);
    for (const part of rest.parts) {
      expect((await putPart(home, { ...started, upload: rest }, PHOTO, part)).ok).toBe(true);
    }
    await expectWhole(started);
  });
});
