import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ServerProcess, startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { JWT_ENVIRONMENT } from '../support/shared-secret.ts';
import { runTintype } from '../support/tintype-command.ts';
import { openReceiver, readMessage, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { ClockClient } from './support/clock-client.ts';
import { HOUR_MS, MOVES, YEARS_MS } from './support/clock-moves.ts';
import { UNTIL_SETTLED } from './support/crash-checks.ts';
import { findingsIn } from './support/examined-folder.ts';
import { newPng } from './support/faulty-server.ts';
import { type MovedClock, movedClock } from './support/moved-clock.ts';
import { onlyUnderTorture, report, TORTURE, tries } from './support/torture.ts';

/** How the clock is moved: under the server, or while there is none. */
const WAYS = ['while it runs', 'between two runs'] as const;
type Way = (typeof WAYS)[number];

/** The short form has one of each way, the farthest. */
const isFirst = (what: string, way: Way) =>
  way === 'while it runs' ? what === 'ten years ahead' : what === 'ten years back';
const ALL = WAYS.flatMap((way) => MOVES.map(([what, move]) => [what, way, move] as const));
const TRIED = [
  ...ALL.filter(([what, way]) => isFirst(what, way)),
  ...ALL.filter(([what, way]) => !isFirst(what, way)),
].slice(0, tries({ short: 2, long: ALL.length }));

/** Uploads at each place of the clock. */
const UPLOADS = tries({ short: 3, long: 40 });

const URL_SECONDS = 1200;
const ENV = {
  ...JWT_ENVIRONMENT,
  WEBHOOKS: 'internal',
  TRASH_DAYS: '30',
  AUDIT_DAYS: '30',
  URL_EXPIRES_SECONDS: String(URL_SECONDS),
};

/** Far above what jobs, messages and their first pauses take, also at half the pace and on a busy machine. */
const UNTIL_DONE = { timeout: 60_000, interval: 250 };

/** A server under a clock that is moved, and who calls it. */
class Ground {
  readonly clock: MovedClock;
  readonly client: ClockClient;
  readonly #dataDir: string;
  readonly #way: Way;
  #server: ServerProcess | undefined;

  constructor(clock: MovedClock, dataDir: string, way: Way) {
    this.clock = clock;
    this.client = new ClockClient(clock);
    this.#dataDir = dataDir;
    this.#way = way;
  }

  async moveTo(milliseconds: number, env: Readonly<Record<string, string>> = ENV): Promise<void> {
    if (this.#way === 'between two runs') await this.stop();
    this.clock.move(milliseconds);
    if (this.#server) return;
    this.#server = await startServerProcess({ dataDir: this.#dataDir, env: { ...env, ...this.clock.env } });
    this.client.at(this.#server.url);
  }

  /** Ends it, which has had nothing to complain of. */
  async stop(): Promise<void> {
    if (!this.#server) return;
    expect(await this.#server.stop()).toBe(0);
    const { stdout, stderr } = this.#server.logs();
    expect(stdout.filter((line) => line.includes('"level":50'))).toEqual([]);
    expect(stderr).toEqual([]);
    this.#server = undefined;
  }

  /** All of its folder is as it should be, however far ahead the clock has been. */
  async expectNoFindings(): Promise<void> {
    await expect.poll(() => findingsIn(this.#dataDir, Date.now() + 2 * YEARS_MS), UNTIL_SETTLED).toEqual([]);
    await this.stop();
    const right = await runTintype(['doctor', '--scrub'], { DATA_DIR: this.#dataDir });
    expect(right).toMatchObject({ code: 0, stderr: '' });
  }
}

async function openGround(clock: MovedClock, way: Way): Promise<Ground> {
  return new Ground(clock, join(await temporaryFolder(), 'data'), way);
}

/** Has a receiver told of what is ready. @returns what messages are signed with. */
async function subscribe({ client }: Ground, { url }: WebhookReceiver): Promise<string> {
  const response = await client.call('/webhooks', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url, events: ['image.ready'] }),
  });
  const { secret } = (await response.json()) as { secret: string };
  expect(response.status).toBe(201);
  return secret;
}

/** That images were told of, and when, by the clock of now: receivers refuse what is minutes from theirs. */
async function expectTold(
  { clock }: Ground,
  { messages }: WebhookReceiver,
  secret: string,
  ids: readonly string[],
): Promise<void> {
  const told = () => messages.map((message) => readMessage(message, [secret]));
  await expect
    .poll(() => told().map(({ data }) => data['image_id']), UNTIL_DONE)
    .toEqual(expect.arrayContaining([...ids]));
  for (const { data, signedAt, signedBy } of told()) {
    if (!ids.includes(String(data['image_id']))) continue;
    expect(signedBy).toEqual([0]);
    expect(Math.abs(signedAt * 1000 - clock.now())).toBeLessThan(300_000);
  }
}

describe('the clock of a machine is moved, and home again', { timeout: TORTURE ? 300_000 : 120_000 }, () => {
  const figures = { moves: 0, uploads: 0, answers: 0, failures: 0, lost: 0 };

  test.for(TRIED)(
    '%s, %s: order, ids, pages, keys, URLs, tokens, jobs, messages and the trash hold',
    async ([_what, way, move], context) => {
      const ground = await openGround(await movedClock(context), way);
      const { client } = ground;
      const receiver = await openReceiver();
      const bytes = newPng(2000);
      await ground.moveTo(0);
      const secret = await subscribe(ground, receiver);
      const { image: first } = await client.upload('a key', bytes);
      const token = await client.token();
      const link = await client.share(first.image_id);
      const ids: string[] = [first.image_id];
      const known = new Map<string, string>([['a key', first.image_id]]);
      let page = { ids: [] as string[], next: null as string | null };
      for (const offset of [0, move, 0]) {
        await ground.moveTo(offset);
        const made: string[] = [];
        for (let nth = 0; nth < UPLOADS; nth++) {
          const { image } = await client.upload();
          made.push(image.image_id);
          expect(await client.follow(image.url ?? '')).toBe(200);
        }
        ids.push(...made);
        await expectTold(ground, receiver, secret, made);
        if (offset !== move) page = page.next === null ? await client.page('limit=2&order=oldest') : page;
        // What was given out before is good as long as it was to be, by the clock that has gone ahead or on.
        expect(await client.follow(first.url ?? '')).toBe(move > 0 && ids.length > UPLOADS + 1 ? 403 : 200);
        if (offset === HOUR_MS || offset === YEARS_MS) {
          expect((await client.call('/images', {}, token)).status).toBe(401);
        }
        // Of a week; what a clock takes that was ten years ahead for a moment comes back with it.
        expect(await client.open(link)).toBe(offset === YEARS_MS ? 404 : 200);
        // A key is known for a day. What it has made is one image, or with a clock that leapt beyond, another.
        const { image, isReplayed } = await client.upload('a key', bytes);
        expect(isReplayed).toBe(offset !== YEARS_MS);
        if (isReplayed) expect(image.image_id).toBe(known.get('a key'));
        else ids.push(image.image_id);
        known.set('a key', image.image_id);
      }

      // In the order in which they were made, whatever the clock said.
      expect(await client.walk('limit=7&order=oldest')).toEqual(ids);
      expect(await client.walk('limit=7&order=newest')).toEqual(ids.toReversed());
      expect(ids.toSorted()).toEqual(ids);
      // A page of before goes on after the clock has been moved, twice.
      expect([...page.ids, ...(await client.walk('limit=7&order=oldest', page.next))]).toEqual(ids);
      await expectAudited(ground, ids);
      for (const image_id of ids) {
        await expect.poll(async () => (await client.view(image_id)).placeholder, UNTIL_DONE).not.toBeNull();
      }
      await expectTrash(ground, ids);
      await ground.expectNoFindings();
      figures.moves++;
      figures.uploads += ids.length;
      figures.answers += client.answers;
      report('clock', figures);
    },
  );

  test('a URL and a retry of a message end and come in time after the clock was ten years ahead', async (context) => {
    onlyUnderTorture(context);
    for (const way of WAYS) {
      const ground = await openGround(await movedClock(context), way);
      const env = { ...ENV, URL_EXPIRES_SECONDS: '2' };
      const receiver = await openReceiver();
      await ground.moveTo(YEARS_MS, env);
      const secret = await subscribe(ground, receiver);
      receiver.answer(500);
      const { image } = await ground.client.upload();
      await expect.poll(() => receiver.messages.length, UNTIL_DONE).toBeGreaterThan(0);
      await ground.moveTo(0, env);
      receiver.messages.length = 0;
      receiver.answer(204);
      const { url } = await ground.client.view(image.image_id);
      await expect.poll(() => ground.client.follow(url ?? ''), UNTIL_DONE).toBe(403);
      // The first pause is of seconds; the claim of a server that was stopped meanwhile, of a minute.
      await expectTold(ground, receiver, secret, [image.image_id]);
      await ground.stop();
    }
  });
});

/** Each upload is on record once, in the order in which they were made, by times and ids. */
async function expectAudited({ client }: Ground, ids: readonly string[]): Promise<void> {
  const events = (await client.auditEvents()).toReversed();
  const uploads = events.filter(({ action }) => action === 'upload-image');
  expect(uploads.map(({ image_id }) => image_id)).toEqual(ids);
  const at = events.map((event) => event.at);
  expect(at.toSorted()).toEqual(at);
  const names = events.map(({ event_id }) => event_id);
  expect(names.toSorted()).toEqual(names);
}

/** What is moved there is there, and comes back. */
async function expectTrash({ client }: Ground, ids: readonly string[]): Promise<void> {
  const moved = [ids[0], ids[Math.floor(ids.length / 2)], ids.at(-1)].map(String);
  for (const image_id of moved) {
    expect((await client.call(`/images/${image_id}`, { method: 'DELETE' })).status).toBe(204);
  }
  expect((await client.walk('user_id=alice&deleted=true&order=oldest')).toSorted()).toEqual(moved.toSorted());
  for (const image_id of moved) {
    expect((await client.call(`/images/${image_id}/restore`, { method: 'POST' })).status).toBe(200);
  }
  expect(await client.walk('limit=7&order=oldest')).toEqual(ids);
}
