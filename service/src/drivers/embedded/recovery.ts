import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { FormerVersion, ImageStatus } from '../../domain/image.ts';
import { type ImageId, isImageId, timeOfImageId } from '../../domain/image-id.ts';
import { encodeKeyPart, ownerOfRenditions, RENDITIONS_PREFIX } from '../../domain/object-key.ts';
import type { Log } from '../../ports/log.ts';
import { keyOfPath } from './disk/key-path.ts';
import type { GroupCommit } from './sqlite/group-commit.ts';
import { idFromBytes, idToBytes } from './sqlite/image-row.ts';
import { expectedOf } from './sqlite/image-writer.ts';
import { SqliteImageIndex } from './sqlite/sqlite-image-index.ts';
import { rowOfJob } from './sqlite/sqlite-job-queue.ts';

/** The machine's clock may have been corrected while the interrupted run was going on. */
const CLOCK_MARGIN = 10 * 60_000;

export interface Recovery {
  readonly reader: DatabaseSync;
  readonly commits: GroupCommit;
  /** The folder that holds the objects. */
  readonly objects: string;
  readonly log: Log;
}

interface KeyRow {
  readonly image_id: Uint8Array;
  readonly version: number;
  readonly revision: number;
  readonly background_revision: number;
  readonly status: ImageStatus;
  readonly object_key: string;
  /** As JSON. */
  readonly former_versions: string | null;
}

/** What was put right. */
interface Done {
  removed: number;
  finished: number;
  forgotten: number;
}

/**
 * Puts right what a run that was cut off (killed, power lost) left between bytes and records: files
 * whose record was never committed are removed, and deletions that had got as far as the bytes are
 * finished. Of one that had removed former versions only, those are forgotten: the image is there, and whole. Only folders that changed since that run began are looked at.
 * @param startedAt when the interrupted run began, in milliseconds since 1970.
 */
export async function recoverFrom(startedAt: number, recovery: Recovery): Promise<void> {
  const total: Done = { removed: 0, finished: 0, forgotten: 0 };
  for await (const folder of changedFolders(recovery.objects, '', startedAt - CLOCK_MARGIN)) {
    const done = folder.startsWith(RENDITIONS_PREFIX)
      ? await removeUnwantedRenditions(folder, recovery)
      : await reconcile(folder, { ...recovery, startedAt: startedAt - CLOCK_MARGIN });
    total.removed += done.removed;
    total.finished += done.finished;
    total.forgotten += done.forgotten;
  }
  recovery.log.warn(
    {
      started_at: new Date(startedAt).toISOString(),
      removed_files: total.removed,
      finished_deletions: total.finished,
      forgotten_versions: total.forgotten,
    },
    'the last run was cut off; what it left unfinished has been put right',
  );
}

/** Folders, as paths below `objects`, whose entries changed after `since`; those within changed ones too. */
async function* changedFolders(objects: string, path: string, since: number): AsyncGenerator<string> {
  const folder = join(objects, path);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const inner = path === '' ? entry.name : `${path}/${entry.name}`;
    if ((await stat(join(objects, inner))).mtimeMs >= since) yield inner;
    yield* changedFolders(objects, inner, since);
  }
}

async function reconcile(folder: string, recovery: Recovery & { startedAt: number }): Promise<Done> {
  const { reader, commits, objects, log } = recovery;
  const done: Done = { removed: 0, finished: 0, forgotten: 0 };
  const user = userOfFolder(folder);
  if (user === undefined) return done;
  const there = new Set(await readdir(join(objects, folder)));
  const unknown = new Set(there);
  for (const row of recordsOf(user, reader)) {
    const image_id = idFromBytes(row.image_id);
    const name = nameOf(row.object_key);
    unknown.delete(name);
    if (there.has(name)) {
      done.forgotten += await forgetLostVersions(image_id, row, there, recovery);
      continue;
    }
    // What was made of it lies elsewhere, and nobody else knows of it any more.
    const withdrawal = rowOfJob({ kind: 'withdraw-image', image_id, user_id: user, object_keys: [] });
    await commits.write({ kind: 'remove', previous: expectedOf({ ...row, image_id }), jobs: [withdrawal] });
    log.warn({ image_id }, 'finished a deletion that had been cut off after the bytes');
    done.finished++;
  }
  for (const name of unknown) {
    const path = join(objects, folder, name);
    if (!(await isOrphan(path, name, recovery))) continue;
    await unlink(path);
    done.removed++;
  }
  return done;
}

/**
 * What was being made of an image as the run was cut off, and the image had been removed or replaced meanwhile: what
 * removes its renditions may have come before, and whoever made them cannot take them back any more.
 */
async function removeUnwantedRenditions(folder: string, { reader, objects }: Recovery): Promise<Done> {
  const done: Done = { removed: 0, finished: 0, forgotten: 0 };
  const owner = ownerOfRenditions(keyOfPath(folder) ?? '');
  if (!owner) return done;
  const row = reader.prepare('SELECT version FROM images WHERE image_id = ?').get(idToBytes(owner.image_id));
  if (row && owner.version >= Number(row['version'])) return done;
  for (const entry of await readdir(join(objects, folder), { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    await unlink(join(objects, folder, entry.name));
    done.removed++;
  }
  return done;
}

/**
 * A deletion removes former versions first, and the current one last. Where it was cut off between them nobody was told
 * that the image is gone, and its bytes are there: it stays, without the versions that it cannot show any more.
 */
async function forgetLostVersions(
  image_id: ImageId,
  { former_versions }: KeyRow,
  there: ReadonlySet<string>,
  { reader, commits, log }: Recovery,
): Promise<number> {
  const former = JSON.parse(former_versions ?? '[]') as FormerVersion[];
  const kept = former.filter(({ object_key, status }) => {
    const hasBytes = status === 'ready' || status === 'scanning';
    return !hasBytes || there.has(nameOf(object_key));
  });
  const lost = former.length - kept.length;
  if (lost === 0) return 0;
  const index = new SqliteImageIndex(reader, commits);
  const record = await index.get(image_id);
  if (!record) return 0;
  const background_revision = record.background_revision + 1;
  await index.replace(record, { ...record, former_versions: kept, background_revision });
  log.warn(
    { image_id, versions: lost },
    'forgot former versions that a deletion had removed before it was cut off',
  );
  return lost;
}

const nameOf = (object_key: string) => object_key.slice(object_key.lastIndexOf('/') + 1);

/** The bytes of a version, by whichever attempt, without their place or with it (domain/object-key.ts). */
const ATTEMPT = /^(?<id>.{36})(?<later>(?:\.v\d+)?(?:\.t\d+)?(?:\.s[0-9a-f]{32})?)$/;

/** A file that the run made and that no record refers to. */
async function isOrphan(
  path: string,
  name: string,
  { reader, startedAt }: Pick<Recovery, 'reader'> & { readonly startedAt: number },
): Promise<boolean> {
  const { id = '', later = '' } = ATTEMPT.exec(name)?.groups ?? {};
  if (!isImageId(id) || isRecorded(id, name, reader)) return false;
  // Later attempts and versions have the id of an image that may have been of an earlier run.
  const madeAt = later === '' ? timeOfImageId(id) : (await stat(path)).mtimeMs;
  return madeAt >= startedAt;
}

/** Whose objects lie in the folder; undefined for one that is none of ours, or only part of a long name. */
function userOfFolder(folder: string): string | undefined {
  const key = keyOfPath(folder);
  if (key === undefined) return undefined;
  const bytes = key.replaceAll(/%([0-9A-F]{2})/g, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const user = Buffer.from(bytes, 'latin1').toString('utf8');
  return encodeKeyPart(user) === key ? user : undefined;
}

function recordsOf(user: string, reader: DatabaseSync): KeyRow[] {
  return reader
    .prepare(
      `SELECT i.image_id, i.version, i.revision, i.background_revision, i.status, i.object_key, i.former_versions
       FROM users u JOIN images i ON i.user = u.user WHERE u.user_id = ? AND i.status <> 'pending'`,
    )
    .all(user) as unknown as KeyRow[];
}

/** Also of another user: file systems that do not tell `A` from `a` have one folder for both. */
function isRecorded(id: ImageId, name: string, reader: DatabaseSync): boolean {
  const row = reader
    .prepare('SELECT object_key, former_versions FROM images WHERE image_id = ?')
    .get(idToBytes(id)) as { object_key: string; former_versions: string | null } | undefined;
  if (!row) return false;
  const former = JSON.parse(row.former_versions ?? '[]') as FormerVersion[];
  return [row, ...former].some(({ object_key }) => object_key.endsWith(`/${name}`));
}
