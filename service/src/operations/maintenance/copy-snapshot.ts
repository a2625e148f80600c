import type { ImageRecord } from '../../domain/image.ts';
import type { ImageIndex } from '../../ports/image-index.ts';
import type { ImageWalk } from '../../ports/image-walk.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { copyObject, copyRendition, type ObjectCopy, type RecordedBytes } from './copy-object.ts';
import { eachOf } from './each-of.ts';
import { presetFilesOf, versionsByObject } from './image-objects.ts';

/** So many images are copied at the same time. */
const AT_ONCE = 4;

/** So often the records are taken anew before it is given up. */
const MOST_ROUNDS = 20;

export type SnapshotSource = Pick<ObjectStore, 'open'>;
export type SnapshotTarget = Pick<ObjectStore, 'open' | 'list' | 'begin' | 'delete'>;

/** Bytes that a record names and that could not be copied. */
export interface LostBytes {
  readonly image_id: string;
  readonly object_key: string;
  /** For people, to follow the image's id. */
  readonly what: string;
}

export interface CopyReport {
  progress(images: number, bytes: number): void;
}

export interface CopiedSnapshot {
  readonly images: number;
  /** Objects that its records name: bytes of all versions, and presets. */
  readonly objects: number;
  readonly copied: number;
  readonly copiedBytes: number;
  readonly lost: readonly LostBytes[];
}

export interface CopyOptions {
  /** Records whose bytes were copied to the target before, and checked: they are not read again. */
  readonly before?: Pick<ImageIndex, 'get'> | undefined;
  /** The same, by key. */
  readonly done?: ReadonlySet<string>;
  readonly report: CopyReport;
}

/**
 * Copies what records name, of all versions, with their presets, under the same keys. Bytes that are not those of
 * their record's SHA-256 are not copied.
 */
export async function copySnapshot(
  walk: Pick<ImageWalk, 'walk'>,
  from: SnapshotSource,
  to: SnapshotTarget,
  { before, done, report }: CopyOptions,
): Promise<CopiedSnapshot & { readonly keys: ReadonlySet<string> }> {
  const keys = new Set<string>();
  const lost: LostBytes[] = [];
  const tally = { images: 0, copied: 0, copiedBytes: 0 };
  const add = (
    image_id: string,
    object_key: string,
    copy: ObjectCopy,
    what: string,
    mustBeThere: boolean,
  ) => {
    if (copy.kind === 'copied') {
      tally.copied++;
      tally.copiedBytes += copy.bytes;
    }
    if (copy.kind === 'damaged') lost.push({ image_id, object_key, what: `${what} are damaged` });
    else if (copy.kind !== 'missing') keys.add(object_key);
    else if (mustBeThere) lost.push({ image_id, object_key, what: `${what} are not there` });
  };
  await eachOf(walk.walk(), AT_ONCE, async (record) => {
    tally.images++;
    if (record.status === 'pending') return;
    const { image_id } = record;
    const earlier = await before?.get(image_id);
    const known = new Set((earlier ? versionsByObject(earlier) : []).map(nameOfBytes));
    for (const version of versionsByObject(record)) {
      const isKnown = done?.has(version.object_key) || known.has(nameOfBytes(version));
      const copy = await copyObject(from, to, version, isKnown);
      add(
        image_id,
        version.object_key,
        copy,
        `the bytes of version ${version.version}`,
        mustHaveBytes(version),
      );
    }
    for (const { preset, object_key, content_type } of presetFilesOf(record)) {
      const copy = await copyRendition(from, to, object_key, content_type);
      add(image_id, object_key, copy, `those of preset ${preset}`, record.status === 'ready');
    }
    report.progress(tally.images, tally.copiedBytes);
  });
  return { ...tally, objects: keys.size, lost, keys };
}

const nameOfBytes = ({ object_key, checksum_sha256 }: RecordedBytes) => `${object_key} ${checksum_sha256}`;

function mustHaveBytes({ status }: Pick<ImageRecord, 'status'>): boolean {
  return status === 'ready' || status === 'scanning';
}

export interface BackedUpHome {
  readonly objects: SnapshotSource;
  /** All records as they are at one moment, in place of those taken before. */
  takeRecords(): Promise<Pick<ImageWalk, 'walk'>>;
  /** Resolves when whatever was under way has come to its end. */
  readonly settle: () => Promise<void>;
}

export interface BackUp extends CopiedSnapshot {
  /** How often the records had to be taken. */
  readonly rounds: number;
  readonly keys: ReadonlySet<string>;
}

/**
 * Copies an installation that goes on meanwhile to where every record has its bytes: the records first, as they
 * are at one moment, then the bytes that they name.
 *
 * The other way round would miss the bytes of whatever is uploaded between the two. This way only what is deleted
 * between them is missed: bytes never change under their key, so that a copy is right whenever it was made. Where
 * any were gone, the records are taken again: by then those of the deleted are gone too, nearly everything is
 * copied, and the next look at it is short, until one comes out even. What two rounds with a pause between them both
 * name and do not find is lost at the source: it is told, and does not keep the rest from being backed up.
 */
export async function backUpHome(
  { objects, takeRecords, settle }: BackedUpHome,
  to: SnapshotTarget,
  options: Omit<CopyOptions, 'done'>,
): Promise<BackUp> {
  const done = new Set<string>();
  const total = { copied: 0, copiedBytes: 0 };
  let missed: ReadonlySet<string> = new Set();
  let missedBeforePause: ReadonlySet<string> = new Set();
  for (let rounds = 1; rounds <= MOST_ROUNDS; rounds++) {
    const round = await copySnapshot(await takeRecords(), objects, to, { ...options, done });
    total.copied += round.copied;
    total.copiedBytes += round.copiedBytes;
    for (const key of round.keys) done.add(key);
    const missing = new Set(round.lost.map(({ object_key }) => object_key));
    if (areAllIn(missing, missedBeforePause)) return { ...round, ...total, rounds };
    // While others go missing the next round follows at once: the less there is to copy, the less is deleted meanwhile.
    if (areAllIn(missing, missed)) {
      await settle();
      missedBeforePause = missing;
    }
    missed = missing;
  }
  throw new Error(
    `Images are deleted faster than they can be copied: ${MOST_ROUNDS} rounds came out uneven.`,
  );
}

function areAllIn(keys: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return [...keys].every((key) => others.has(key));
}

/** Removes from a backup what no record of it names: what was deleted since an earlier one, or between two rounds. */
export async function dropUnnamed(to: SnapshotTarget, keys: ReadonlySet<string>): Promise<number> {
  const unnamed: string[] = [];
  for await (const { key } of to.list('')) if (!keys.has(key)) unnamed.push(key);
  for (const key of unnamed) await to.delete(key);
  return unnamed.length;
}
