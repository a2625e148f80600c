import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { checksumAt, expectFilesToBeRows, type ImageSummary, listAll } from '../process/calls.ts';
import { randomNumbers } from '../process/random-numbers.ts';
import {
  launchServerProcess,
  type ServerProcess,
  startServerProcess,
  storedFiles,
  temporaryFolder,
} from '../support/server-process.ts';
import { type Known, Ledger, Load } from './support/crash-load.ts';
import { type Figures, report, SEED, TORTURE, tries } from './support/torture.ts';

const ROUNDS = tries({ short: 10, long: 500 });
const FEWEST_ROUNDS = 5;
/** After this no round of the short form begins that need not: a slow machine makes fewer, never a long suite. */
const TIME_FOR_ROUNDS = TORTURE ? Number.POSITIVE_INFINITY : 8_000;

/** What has been seen, over all rounds. */
interface Tally {
  rounds: number;
  restartsKilled: number;
  lostUploads: { whole: number; absent: number };
  lostDeletions: { done: number; undone: number };
  readBack: number;
  swept: { files: number; deletions: number };
}

test('a server that is killed at any moment keeps what it has acknowledged, and nothing half', {
  timeout: TORTURE ? 1_800_000 : 150_000,
}, async () => {
  const random = randomNumbers(SEED);
  const dataDir = join(await temporaryFolder(), 'data');
  const ledger = new Ledger();
  const tally: Tally = {
    rounds: 0,
    restartsKilled: 0,
    lostUploads: { whole: 0, absent: 0 },
    lostDeletions: { done: 0, undone: 0 },
    readBack: 0,
    swept: { files: 0, deletions: 0 },
  };
  let server = await startServerProcess({ dataDir });
  const started = Date.now();
  while (tally.rounds < (Date.now() - started < TIME_FOR_ROUNDS ? ROUNDS : FEWEST_ROUNDS)) {
    tally.rounds++;
    const before = new Set(ledger.present.keys());
    // From "nothing is answered yet" to "well under way", and then from at once to some milliseconds on.
    await new Load(server, ledger, random).killAfter(Math.floor(random() * 24), random() * random() * 60);
    if (tally.rounds % 5 === 0) {
      await killDuringRestart(dataDir, 50 + random() * 400);
      tally.restartsKilled++;
    }
    server = await startServerProcess({ dataDir });
    countSwept(server, tally);
    await expectKept(server, ledger, tally, (known) => !before.has(known.image_id));
  }
  await expectKept(server, ledger, tally, () => true);
  await expectListingsToAgree(server, ledger);
  await expectDeletedToStayAway(server, [...ledger.deleted.values()]);
  report('crash', figuresOf(tally, ledger));
  expect(tally.rounds).toBeGreaterThanOrEqual(FEWEST_ROUNDS);
  expect(tally.readBack).toBeGreaterThan(tally.rounds);
  expect(ledger.deleted.size).toBeGreaterThan(tally.rounds);
  expect(tally.lostUploads.absent + tally.lostUploads.whole).toBeGreaterThan(tally.rounds);

  expect(await server.stop()).toBe(0);
  const next = await startServerProcess({ dataDir });
  expect(next.logs().stdout).toHaveLength(1);
  expect((await expectFilesToBeRows(next)).length).toBe(ledger.present.size);
});

/** What a crash left is put right by a start; that one may be cut off too. */
async function killDuringRestart(dataDir: string, milliseconds: number): Promise<void> {
  const launched = await launchServerProcess({ dataDir });
  await sleep(milliseconds);
  await launched.kill();
}

/**
 * Holds a restarted server against what its clients know, and takes into the ledger how what they were
 * not sure of has turned out. `readBack` chooses the images whose bytes are fetched.
 */
async function expectKept(
  server: ServerProcess,
  ledger: Ledger,
  tally: Tally,
  readBack: (known: Known) => boolean,
): Promise<void> {
  const listed = await expectFilesToBeRows(server);
  settleUploads(listed, ledger, tally);
  settleDeletions(listed, ledger, tally);
  expect(listed.map(({ image_id }) => image_id).sort()).toEqual([...ledger.present.keys()].sort());
  for (const { image_id, url } of listed) {
    const known = ledger.present.get(image_id);
    if (!known || !readBack(known)) continue;
    expect(await checksumAt(url)).toBe(known.sha256);
    tally.readBack++;
  }
}

/** An upload that had no answer may be there, once and whole, or not at all. */
function settleUploads(listed: readonly ImageSummary[], ledger: Ledger, tally: Tally): void {
  for (const { image_id, user_id, title } of listed) {
    const sent = ledger.unsureUploads.get(title ?? '');
    if (!sent) continue;
    ledger.unsureUploads.delete(sent.title);
    expect(user_id).toBe(sent.user_id);
    ledger.present.set(image_id, { image_id, user_id, sha256: sent.sha256 });
    tally.lostUploads.whole++;
  }
  tally.lostUploads.absent += ledger.unsureUploads.size;
  ledger.unsureUploads.clear();
}

/** A deletion that had no answer is done or not begun: the image is gone, or there and whole. */
function settleDeletions(listed: readonly ImageSummary[], ledger: Ledger, tally: Tally): void {
  const ids = new Set(listed.map(({ image_id }) => image_id));
  for (const [image_id, known] of ledger.unsureDeletions) {
    if (ids.has(image_id)) {
      ledger.present.set(image_id, known);
      tally.lostDeletions.undone++;
    } else {
      ledger.deleted.set(image_id, known);
      tally.lostDeletions.done++;
    }
  }
  ledger.unsureDeletions.clear();
}

/** The rows by which users' and tags' listings find images have come through as well. */
async function expectListingsToAgree({ url }: ServerProcess, ledger: Ledger): Promise<void> {
  const ids = [...ledger.present.keys()].sort();
  const tagged = await listAll(url, { tag: 'crash', order: 'oldest' });
  expect(tagged.map(({ image_id }) => image_id).sort()).toEqual(ids);
  const users = new Set([...ledger.present.values()].map(({ user_id }) => user_id));
  for (const user_id of users) {
    const theirs = [...ledger.present.values()].filter((known) => known.user_id === user_id);
    for (const query of [{ user_id }, { user_id, tag: 'crash' }]) {
      const found = await listAll(url, query);
      expect(found.map(({ image_id }) => image_id).sort()).toEqual(
        theirs.map(({ image_id }) => image_id).sort(),
      );
    }
  }
}

async function expectDeletedToStayAway(server: ServerProcess, deleted: readonly Known[]): Promise<void> {
  const { objects } = await storedFiles(server.dataDir);
  for (const { image_id, path } of deleted) {
    expect(objects).not.toContain(image_id);
    for (const gone of [`/images/${image_id}`, `/images/${image_id}/content`, ...(path ? [path] : [])]) {
      const response = await fetch(server.url + gone, { redirect: 'manual' });
      await response.body?.cancel();
      expect(response.status, gone).toBe(404);
    }
  }
}

function countSwept(server: ServerProcess, tally: Tally): void {
  for (const line of server.logs().stdout) {
    const said = JSON.parse(line) as { removed_files?: number; finished_deletions?: number };
    tally.swept.files += said.removed_files ?? 0;
    tally.swept.deletions += said.finished_deletions ?? 0;
  }
}

function figuresOf(tally: Tally, ledger: Ledger): Figures {
  return {
    kills_under_load: tally.rounds,
    kills_during_the_restart_after: tally.restartsKilled,
    images_kept: ledger.present.size,
    times_read_back: tally.readBack,
    deletions_kept: ledger.deleted.size,
    uploads_without_an_answer: tally.lostUploads,
    deletions_without_an_answer: tally.lostDeletions,
    swept_at_starts: tally.swept,
  };
}
