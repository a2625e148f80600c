import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UPLOADS_PREFIX } from '../../src/domain/object-key.ts';
import { expireUploads } from '../../src/operations/background/expire-uploads.ts';
import { sweepUploads } from '../../src/operations/background/sweep-uploads.ts';
import {
  complete,
  fetched,
  type Started,
  sendUpload,
  startUpload,
  uploadsLeft,
} from '../support/announced-uploads.ts';
import { expectImage } from '../support/answers.ts';
import { DIVIDED_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { png } from '../support/png.ts';

type Home = Omit<TestHome, 'close'>;

/** What may happen to one upload at the same time. */
const ACTIONS = ['complete', 'delete', 'expire', 'send', 'rename'] as const;
type Action = (typeof ACTIONS)[number];

const IMAGE = png({ seed: 1 });
/** Of the same size and type, and another image. */
const OTHER = png({ seed: 2 });

/** Does an action after some turns of the event loop; what it answers, or undefined where nobody is answered. */
async function act(home: Home, started: Started, action: Action, turns: number): Promise<number | undefined> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  const path = `/images/${started.image.image_id}`;
  if (action === 'complete') return (await complete(home, started)).status;
  if (action === 'delete') return (await home.request(path, { method: 'DELETE' })).status;
  if (action === 'send') return void (await sendUpload(home, started, OTHER));
  if (action === 'rename') {
    const headers = { 'content-type': 'application/json' };
    return void (await home.request(path, { method: 'PATCH', headers, body: '{"title":"Renamed"}' }));
  }
  // To the sweep it is later than to the others, who are still in time.
  const clock = { now: () => home.context.deps.clock.now() + 2 * 3600_000 };
  await expireUploads({ ...home.context.deps, clock });
  return undefined;
}

/** The small model: whatever was done at once, an upload ends whole or not at all. */
async function expectOneEnd(
  home: Home,
  started: Started,
  done: readonly { action: Action; status: number | undefined }[],
) {
  const { image_id, user_id } = started.image;
  const usage = await home.context.deps.quotas.usageOf(user_id);
  const response = await home.request(`/images/${image_id}`);
  const objects: string[] = [];
  // On S3 uploads lie in the same bucket.
  for await (const { key } of home.context.deps.objects.list(''))
    if (key.endsWith(image_id) && !key.startsWith(UPLOADS_PREFIX)) objects.push(key);
  const statuses = (action: Action) =>
    done.filter((each) => each.action === action).map((each) => each.status);
  for (const status of statuses('complete')) expect([200, 404, 409]).toContain(status);
  for (const status of statuses('delete')) expect([204, 404]).toContain(status);
  if (response.status === 404) {
    expect(objects).toEqual([]);
    expect(usage).toMatchObject({ images: 0, bytes: 0 });
    return;
  }
  expect(statuses('delete')).not.toContain(204);
  expect(usage).toMatchObject({ images: 1, bytes: IMAGE.length });
  const image = await expectImage(response);
  if (image.status === 'pending') {
    expect(statuses('complete')).not.toContain(200);
    return;
  }
  expect(image.status).toBe('ready');
  const bytes = await fetched(home, image.url);
  // One of the two that were sent, and the one that was looked at.
  expect([IMAGE, OTHER].some((sent) => sent.equals(bytes))).toBe(true);
  expect(image.checksum_sha256).toBe(
    Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))).toString('hex'),
  );
}

describe.each(DIVIDED_HOMES)('what happens to one upload at the same time (%s)', (kind) => {
  const home = useHome(kind);
  let uploads = 0;

  it('ends in an image that is whole, or in nothing, with the room that belongs to it', {
    timeout: 120_000,
  }, async () => {
    const step = fc.record({ action: fc.constantFrom(...ACTIONS), turns: fc.nat(20) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async (steps) => {
        const user_id = `racer-${++uploads}`;
        const announced = { user_id, content_type: 'image/png', method: 'put' };
        const started = await startUpload(home, IMAGE, announced);
        await sendUpload(home, started, IMAGE);
        const done = await Promise.all(
          steps.map(async ({ action, turns }) => ({
            action,
            status: await act(home, started, action, turns),
          })),
        );
        await expectOneEnd(home, started, done);
        home.clock.advance(120_000);
        await sweepUploads(home.context.deps);
        // S3 has a clock of its own, and serves no URL that is signed for later.
        home.clock.release();
        // What is left of it goes: it is either complete by now or gone.
        expect(await uploadsLeft(home, started)).toEqual([]);
        await home.request(`/images/${started.image.image_id}`, { method: 'DELETE' });
        expect(await home.context.deps.quotas.usageOf(user_id)).toMatchObject({ images: 0, bytes: 0 });
      }),
      { numRuns: kind === 'embedded' ? 60 : 25 },
    );
  });
});
