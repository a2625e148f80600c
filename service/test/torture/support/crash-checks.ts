import { expect } from 'vitest';
import { checksumAt, type Image, type ImageSummary, listAll } from '../../process/calls.ts';
import { type ServerProcess, storedFiles } from '../../support/server-process.ts';
import type { Change, Known, Ledger, Tally } from './crash-ledger.ts';
import { bytesOf, cutOffRenditions, findingsIn } from './examined-folder.ts';

export interface Checked {
  readonly server: ServerProcess;
  readonly ledger: Ledger;
  readonly tally: Tally;
}

/**
 * Holds a restarted server against what its clients know, and takes into the ledger how what they were
 * not sure of has turned out. `readBack` chooses the images whose bytes are fetched.
 */
export async function expectKept(checked: Checked, readBack: (known: Known) => boolean): Promise<void> {
  await expectKnown(checked, readBack);
  await expectFolderToBeRight(checked);
}

/** The same, of a server that goes on: what it has left to jobs of its own, for later, may lie there until then. */
export async function expectKnown(checked: Checked, readBack: (known: Known) => boolean): Promise<void> {
  const { server, ledger, tally } = checked;
  await resumeAnnounced(checked);
  await settleChanges(checked);
  const listed = await listAll(server.url);
  settleUploads(listed, checked);
  settleDeletions(listed, checked);
  expect(listed.map(({ image_id }) => image_id).sort()).toEqual([...ledger.present.keys()].sort());
  for (const { image_id, title, url } of listed) {
    const known = ledger.present.get(image_id);
    if (!known) continue;
    expect(title).toBe(known.title);
    if (!readBack(known)) continue;
    expect(await checksumAt(url)).toBe(known.sha256);
    tally.readBack++;
  }
  await expectNoFindings(checked);
}

/** A file for every version of every record, a record for every file, nothing half. */
async function expectFolderToBeRight({ server: { dataDir } }: Checked): Promise<void> {
  expect((await storedFiles(dataDir)).incoming).toEqual([]);
  const { named, there } = await bytesOf(dataDir);
  expect(there).toEqual(named);
  expect(await cutOffRenditions(dataDir)).toEqual([]);
}

/**
 * Nothing for a doctor. Where a completion was cut off after its record, the arrival stays until a sweep finds it, and what
 * was announced without an answer, once its time has ended, for a minute; the doctor says nothing of either for a day.
 */
async function expectNoFindings({ server: { dataDir }, tally }: Checked): Promise<void> {
  const left = async () => {
    const findings = await findingsIn(dataDir);
    for (const { kind, key, image_id } of findings) {
      if (kind === 'stray-upload' && key) tally.strayUploads.add(key);
      if (kind === 'stuck-upload' && image_id) tally.endedUploads.add(image_id);
    }
    return findings.filter(({ kind }) => kind !== 'stray-upload' && kind !== 'stuck-upload');
  };
  await expect.poll(left, UNTIL_SETTLED).toEqual([]);
}

/** A server that runs on ends the uploads whose time has ended. What arrived for none lies for a day. */
export async function expectSwept({ server: { dataDir } }: Checked): Promise<void> {
  const left = async () => (await findingsIn(dataDir)).filter(({ kind }) => kind !== 'stray-upload');
  await expect.poll(left, { timeout: 150_000, interval: 1000 }).toEqual([]);
}

/** Jobs that could not be written down are kept in mind, and written as soon as that can be done. */
export const UNTIL_SETTLED = { timeout: 20_000, interval: 250 };

/** What was announced is there; where all its bytes were acknowledged, it can be completed now at the latest. */
async function resumeAnnounced({ server, ledger, tally }: Checked): Promise<void> {
  for (const [image_id, { sent, hasArrived, isCompleting }] of ledger.announced) {
    const at = `${server.url}/images/${image_id}`;
    const { status } = await view(at);
    if (hasArrived) {
      expect(status === 'pending' || isCompleting, `${image_id} is ${status}`).toBe(true);
      const response = await fetch(`${at}/complete`, { method: 'POST' });
      expect(response.status, await response.clone().text()).toBe(200);
      ledger.present.set(image_id, { ...sent, image_id });
      tally.announced[status === 'pending' ? 'resumed' : 'completed']++;
    } else {
      expect(status).toBe('pending');
      const response = await fetch(at, { method: 'DELETE' });
      expect(response.status).toBe(204);
      tally.announced.given_up++;
    }
  }
  ledger.announced.clear();
}

/** A change that had no answer is done, or not begun. */
async function settleChanges({ server, ledger, tally }: Checked): Promise<void> {
  for (const [image_id, { before, after }] of ledger.unsureChanges) {
    const image = await view(`${server.url}/images/${image_id}`);
    const isDone = isAs(image, after);
    expect(isDone || isAs(image, before), `${image_id} is neither as it was nor as it was to be`).toBe(true);
    ledger.present.set(image_id, isDone ? after : before);
    tally.lostChanges[isDone ? 'done' : 'undone']++;
  }
  ledger.unsureChanges.clear();
}

function isAs({ title, checksum_sha256 }: Image, known: Change['after']): boolean {
  return title === known.title && checksum_sha256 === known.sha256;
}

async function view(url: string): Promise<Image> {
  const response = await fetch(url);
  expect(response.status, url).toBe(200);
  return (await response.json()) as Image;
}

/** An upload that had no answer may be there, once and whole, or not at all. */
function settleUploads(listed: readonly ImageSummary[], { ledger, tally }: Checked): void {
  for (const { image_id, user_id, title } of listed) {
    const sent = ledger.unsureUploads.get(title ?? '');
    if (!sent) continue;
    ledger.unsureUploads.delete(sent.title);
    expect(user_id).toBe(sent.user_id);
    ledger.present.set(image_id, { ...sent, image_id });
    tally.lostUploads.whole++;
  }
  tally.lostUploads.absent += ledger.unsureUploads.size;
  ledger.unsureUploads.clear();
}

/** A deletion that had no answer is done or not begun: the image is gone, or there and whole. */
function settleDeletions(listed: readonly ImageSummary[], { ledger, tally }: Checked): void {
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
export async function expectListingsToAgree({ server: { url }, ledger }: Checked): Promise<void> {
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

export async function expectDeletedToStayAway({ server, ledger }: Checked): Promise<void> {
  const { objects } = await storedFiles(server.dataDir);
  const ids = new Set(objects.map((name) => name.slice(0, 36)));
  for (const { image_id, path } of ledger.deleted.values()) {
    expect(ids.has(image_id)).toBe(false);
    for (const gone of [`/images/${image_id}`, `/images/${image_id}/content`, ...(path ? [path] : [])]) {
      const response = await fetch(server.url + gone, { redirect: 'manual' });
      await response.body?.cancel();
      expect(response.status, gone).toBe(404);
    }
  }
}

export function countSwept({ server, tally }: Pick<Checked, 'server' | 'tally'>): void {
  for (const line of server.logs().stdout) {
    const said = JSON.parse(line) as Record<string, number | undefined>;
    tally.swept.files += said['removed_files'] ?? 0;
    tally.swept.versions += said['forgotten_versions'] ?? 0;
    tally.swept.deletions += said['finished_deletions'] ?? 0;
  }
}
