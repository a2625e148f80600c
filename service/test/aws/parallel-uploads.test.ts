import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeOverAws } from '../../src/compose/aws-context.ts';
import { openDoors } from '../../src/compose/doors.ts';
import { readConfig } from '../../src/config/config.ts';
import { createApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/context.ts';
import { type OpenedInstallation, openInstallation } from '../support/aws-installation.ts';
import { silentLog } from '../support/silent-log.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';

let aws: OpenedInstallation;
let app: App;

beforeAll(async () => {
  aws = await openInstallation();
  const config = readConfig(aws.environment);
  const { contextFor } = composeOverAws(config, aws.storage, {
    clients: aws.clients,
    jobs: aws.jobs,
    log: silentLog,
  });
  app = createApp({ ...contextFor('http://127.0.0.1'), ...openDoors(config), localOnly: false });
});

afterAll(() => aws.close());

test('50 uploads of one user and one tag at the same time are all made, and all listed', async () => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, () =>
      app.request('/images?user_id=alice&tags=sea', {
        method: 'POST',
        headers: { 'content-type': 'image/png' },
        body: new Uint8Array(SMALL_IMAGES['image/png'].bytes),
      }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  const made = await Promise.all(
    answers.map(async (answer) => ((await answer.json()) as { image_id: string }).image_id),
  );
  for (const filter of ['user_id=alice', 'tag=sea', 'user_id=alice&tag=sea', '']) {
    const page = await app.request(`/images?limit=200&${filter}`);
    const { items } = (await page.json()) as { items: { image_id: string }[] };
    expect(items.map(({ image_id }) => image_id).sort()).toEqual(made.toSorted());
  }
});
