import type { ImageRecord } from '../../../domain/image.ts';
import type { KnownJob } from '../../../ports/known-jobs.ts';
import type { Examining, Finding } from './finding.ts';
import { type ByteProblem, byteProblemsOf, missingPresetsOf } from './image-bytes.ts';
import { mendRecord, type RecordProblem } from './mend-record.ts';
import { lookedAt, secondLook } from './second-look.ts';

/** Images whose objects are asked for at the same time, or read. */
const ASKED_AT_ONCE = 32;
const READ_AT_ONCE = 4;

/**
 * Holds every record against its bytes and renditions, and finds those that wait for what will not come.
 * @param dead images whose processing has failed for good: that is a finding of its own.
 */
export async function* examineRecords(
  examining: Examining,
  dead: ReadonlySet<string>,
): AsyncGenerator<Finding> {
  const { home, settle, scrub } = examining;
  const suspects = lookedAt(
    counted(examining),
    async (record) => {
      const jobs = () => jobsOf(examining, record.image_id);
      const problems = await problemsOf(examining, record, dead, jobs);
      return problems.length > 0 ? record.image_id : undefined;
    },
    scrub ? READ_AT_ONCE : ASKED_AT_ONCE,
  );
  yield* secondLook(suspects, settle, async function* (image_id) {
    // Jobs first: one that is done by now has left its mark on the record.
    const jobs = await jobsOf(examining, image_id);
    const record = await home.index.get(image_id);
    if (!record) return;
    for (const problem of await problemsOf(examining, record, dead, async () => jobs)) {
      const finding = await mendRecord(examining, image_id, problem);
      if (finding) yield finding;
    }
  });
}

async function* counted({ home, seen }: Examining): AsyncGenerator<ImageRecord> {
  for await (const record of home.walk.walk()) {
    seen.images++;
    yield record;
  }
}

async function jobsOf({ home }: Examining, image_id: string): Promise<readonly KnownJob[]> {
  return (await home.knownJobs?.jobsOf(image_id)) ?? [];
}

async function problemsOf(
  { home, before, scrub }: Examining,
  record: ImageRecord,
  dead: ReadonlySet<string>,
  jobs: () => Promise<readonly KnownJob[]>,
): Promise<RecordProblem[]> {
  const { status, upload, presets } = record;
  if (status === 'pending') {
    const ended = upload === null || Date.parse(upload.expires_at) < before;
    return ended ? [{ kind: 'stuck-upload' }] : [];
  }
  const bytes = await byteProblemsOf(home.objects, record, scrub);
  const problems = bytes.map((problem) => recordProblem(record, problem));
  if (problems.some(({ kind }) => kind === 'missing-bytes')) {
    // A deletion that had got as far as the bytes is about to be finished.
    const isBeingRemoved = (await jobs()).some((job) => job.kind === 'clean-up-object' && !job.is_dead);
    return isBeingRemoved ? [] : problems;
  }
  const names = status === 'ready' && presets ? await missingPresetsOf(home.objects, record) : [];
  if (names.length > 0) problems.push({ kind: 'missing-rendition', names });
  if (isUnfinished(record, before) && !dead.has(record.image_id)) {
    const isQueued = (await jobs()).some(({ kind }) => kind === 'process-image');
    if (!isQueued) problems.push({ kind: 'stuck-image' });
  }
  return problems;
}

function recordProblem({ object_key }: ImageRecord, problem: ByteProblem): RecordProblem {
  const { version } = problem;
  if (problem.kind === 'damaged') return { kind: 'damaged-object', version, what: problem.what };
  return version.object_key === object_key ? { kind: 'missing-bytes' } : { kind: 'missing-version', version };
}

/** It has been accepted so long ago that it should have been scanned and decoded. */
function isUnfinished(
  { status, placeholder, deleted_at, accepted_at }: ImageRecord,
  before: number,
): boolean {
  const waits = status === 'scanning' || (status === 'ready' && placeholder === null);
  return waits && deleted_at === null && Date.parse(accepted_at) < before;
}
