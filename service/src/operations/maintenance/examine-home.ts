import type { ImageRecord } from '../../domain/image.ts';
import { examineDeadJobs, examineTemporaryFiles } from './checks/examine-leftovers.ts';
import { examineListings } from './checks/examine-listings.ts';
import { examineObjects } from './checks/examine-objects.ts';
import { examineRecords } from './checks/examine-records.ts';
import { examineUploads } from './checks/examine-uploads.ts';
import type { ExaminedHome, Examining, Finding, Seen } from './checks/finding.ts';
import { recountUsage } from './recount-usage.ts';

export {
  type ExaminedHome,
  FINDING_KINDS,
  type Finding,
  type FindingKind,
  type Mender,
} from './checks/finding.ts';

/**
 * What is younger may be under way: an announced upload lives a day at most, and what was signed to the end may
 * take a while to arrive.
 */
export const LONGEST_UPLOAD_MS = 25 * 3_600_000;

export type ExamineOptions = Pick<Examining, 'mender' | 'before' | 'settle' | 'scrub'>;

export interface Examination extends Readonly<Seen> {
  readonly found: number;
  readonly mended: number;
  /** Users who changed something all the time, so that nothing can be said of what is counted of them now. */
  readonly unsettled: readonly string[];
}

/**
 * Compares records, rows of listings, counts and objects of a home, which may be used meanwhile: what seems to
 * be wrong is looked at again when whatever was under way has ended. With a mender it puts right what can be
 * put right without a guess, and never touches what is younger than `before`.
 *
 * Memory holds a line for each user, and of what seems wrong ten thousand names at a time. Every record is read
 * some four times, each object of theirs is asked for once, and each image is looked up once for its bytes, once
 * for its renditions, and once for each of its rows.
 * @param report called with each finding, once it has been dealt with.
 */
export async function examineHome(
  home: ExaminedHome,
  options: ExamineOptions,
  report: (finding: Finding) => void,
): Promise<Examination> {
  const seen: Seen = { images: 0, objects: 0, users: 0 };
  const mayRemove = options.mender === undefined || (await areOfOneHome(home));
  const examining: Examining = { ...options, home, mayRemove, seen };
  const counts = { found: 0, mended: 0 };
  const tell = (finding: Finding) => {
    counts.found++;
    if (finding.mended) counts.mended++;
    report(finding);
  };
  const dead = new Set<string>();
  for await (const finding of examineDeadJobs(examining)) {
    if (finding.image_id !== undefined) dead.add(finding.image_id);
    tell(finding);
  }
  for await (const finding of examineRecords(examining, dead)) tell(finding);
  for await (const finding of examineUploads(examining)) tell(finding);
  for await (const finding of examineObjects(examining)) tell(finding);
  for await (const finding of examineListings(examining)) tell(finding);
  for await (const finding of examineTemporaryFiles(examining)) tell(finding);
  // Last, since what has been removed before is counted no more.
  const { users, wrong, unsettled } = await recountUsage(home, {
    settle: options.settle,
    mend: options.mender?.quotas,
  });
  seen.users = users;
  for (const { user_id, seen: counted, counted: there, mended } of wrong) {
    const what = `counted are ${textOf(counted)}, there are ${textOf(there)}`;
    tell({ kind: 'wrong-count', user_id, what, mended });
  }
  return { ...seen, ...counts, unsettled };
}

const textOf = ({ images, bytes }: { readonly images: number; readonly bytes: number }) =>
  `${images} ${images === 1 ? 'image' : 'images'} and ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;

/** So many images are looked at before any is removed. */
const SAMPLE = 200;

/**
 * False where of many images not one has its bytes: more likely a wrong table, a wrong bucket or a disk that is
 * not there than so many losses, and to remove one side for lack of the other would be a loss for good.
 */
async function areOfOneHome({ walk, objects }: ExaminedHome): Promise<boolean> {
  let looked = 0;
  for await (const record of walk.walk()) {
    if (!mustHaveBytes(record)) continue;
    const object = await objects.open(record.object_key);
    await object?.close();
    if (object) return true;
    if (++looked === SAMPLE) return false;
  }
  return looked === 0;
}

function mustHaveBytes({ status }: ImageRecord): boolean {
  return status === 'ready' || status === 'scanning';
}
