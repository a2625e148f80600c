import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { FormerVersion, ImageStatus } from '../../domain/image.ts';
import { type ImageId, isImageId, timeOfImageId } from '../../domain/image-id.ts';
import { encodeKeyPart } from '../../domain/object-key.ts';
import type { Log } from '../../ports/log.ts';
import { keyOfPath } from './disk/key-path.ts';
import type { GroupCommit } from './sqlite/group-commit.ts';
import { idFromBytes, idToBytes } from './sqlite/image-row.ts';
import { expectedOf } from './sqlite/image-writer.ts';
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
}

/**
 * Puts right what a run that was cut off (killed, power lost) left between bytes and records: files
 * whose record was never committed are removed, and deletions that had got as far as the bytes are
 * finished. Only folders that changed since that run began are looked at.
 * @param startedAt when the interrupted run began, in milliseconds since 1970.
 */
export async function recoverFrom(startedAt: number, recovery: Recovery): Promise<void> {
  let removed = 0;
  let finished = 0;
  for await (const folder of changedFolders(recovery.objects, '', startedAt - CLOCK_MARGIN)) {
    const done = await reconcile(folder, { ...recovery, startedAt: startedAt - CLOCK_MARGIN });
    removed += done.removed;
    finished += done.finished;
  }
  recovery.log.warn(
    { started_at: new Date(startedAt).toISOString(), removed_files: removed, finished_deletions: finished },
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

async function reconcile(
  folder: string,
  { reader, commits, objects, log, startedAt }: Recovery & { startedAt: number },
): Promise<{ removed: number; finished: number }> {
  const user = userOfFolder(folder);
  if (user === undefined) return { removed: 0, finished: 0 };
  const names = new Set(await readdir(join(objects, folder)));
  let finished = 0;
  for (const row of recordsOf(user, reader)) {
    const name = row.object_key.slice(row.object_key.lastIndexOf('/') + 1);
    if (names.delete(name)) continue;
    const image_id = idFromBytes(row.image_id);
    // What was made of it lies elsewhere, and nobody else knows of it any more.
    const withdrawal = rowOfJob({ kind: 'withdraw-image', image_id, user_id: user, object_keys: [] });
    await commits.write({ kind: 'remove', previous: expectedOf({ ...row, image_id }), jobs: [withdrawal] });
    log.warn({ image_id }, 'finished a deletion that had been cut off after the bytes');
    finished++;
  }
  let removed = 0;
  for (const name of names) {
    const path = join(objects, folder, name);
    if (!(await isOrphan(path, name, { reader, startedAt }))) continue;
    await unlink(path);
    removed++;
  }
  return { removed, finished };
}

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
      `SELECT i.image_id, i.version, i.revision, i.background_revision, i.status, i.object_key
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
