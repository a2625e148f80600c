import { beforeEach, describe, expect, test } from 'vitest';
import { imageListSchema } from '../../src/http/schemas.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { checksumAt, pathOf, sha256, uploadImage } from './calls.ts';

const { bytes } = SMALL_IMAGES['image/png'];

const OLD = 'the old secret with more than 32 characters';
const NEW = 'the new secret with more than 32 characters';

/** What a server has handed out: they shall hold, or not, after its restart. */
interface Handed {
  /** Path and query of a presigned URL. */
  readonly path: string;
  /** The `last_evaluated_key` of a first page. */
  readonly token: string;
  /** The id that its second page begins with. */
  readonly next: string;
}

async function handOut({ url }: ServerProcess): Promise<Handed> {
  const older = await uploadImage(url, 'raw', { bytes, user_id: 'alice' });
  await uploadImage(url, 'json', { bytes, user_id: 'alice' });
  const page = imageListSchema.parse(await (await fetch(`${url}/images?limit=1`)).json());
  return { path: pathOf(older.url ?? ''), token: page.last_evaluated_key ?? '', next: older.image_id };
}

async function expectToHold({ url }: ServerProcess, { path, token, next }: Handed): Promise<void> {
  expect(await checksumAt(url + path)).toBe(sha256(bytes));
  const page = await fetch(`${url}/images?limit=1&last_evaluated_key=${encodeURIComponent(token)}`);
  expect(page.status).toBe(200);
  const { items } = imageListSchema.parse(await page.json());
  expect(items.map(({ image_id }) => image_id)).toEqual([next]);
}

async function expectNotToHold({ url }: ServerProcess, { path, token }: Handed): Promise<void> {
  expect((await fetch(url + path)).status).toBe(403);
  const page = await fetch(`${url}/images?limit=1&last_evaluated_key=${encodeURIComponent(token)}`);
  expect(page.status).toBe(400);
  expect(await page.json()).toMatchObject({ errors: [{ field: 'last_evaluated_key' }] });
}

// Six starts of a server: http/object-urls.test.ts changes secrets in every run.
describe('URLs and page tokens after a restart', () => {
  beforeEach(onlyWhenLarge);

  test('hold while the secret that signed them is among SIGNING_SECRET, and no longer', async () => {
    const first = await startServerProcess({ env: { SIGNING_SECRET: OLD } });
    const { dataDir } = first;
    const byOld = await handOut(first);
    await expectToHold(first, byOld);
    await first.stop();

    const both = await startServerProcess({ dataDir, env: { SIGNING_SECRET: `${NEW},${OLD}` } });
    await expectToHold(both, byOld);
    const byNew = await handOut(both);
    await both.stop();

    const last = await startServerProcess({ dataDir, env: { SIGNING_SECRET: NEW } });
    await expectToHold(last, byNew);
    await expectNotToHold(last, byOld);
    for (const server of [first, both, last]) {
      const { stdout, stderr } = server.logs();
      expect([...stdout, ...stderr].join('\n')).not.toMatch(/(old|new) secret/);
    }
  });

  test('hold without any configuration, by a secret kept in the data folder; another folder has another', async () => {
    const first = await startServerProcess();
    const handed = await handOut(first);
    await first.stop();
    const again = await startServerProcess({ dataDir: first.dataDir });
    await expectToHold(again, handed);

    const elsewhere = await startServerProcess();
    await expectNotToHold(elsewhere, handed);
  });
});
