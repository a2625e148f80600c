import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageRecord } from '../../src/domain/image.ts';
import type { Job } from '../../src/domain/job.ts';
import type { ImageIndex } from '../../src/ports/image-index.ts';
import { sampleRecord } from '../support/sample-record.ts';

export interface OpenedIndexWithJobs {
  readonly index: ImageIndex;
  /** What has been queued so far, in any order. */
  queued(): Promise<readonly Job[]>;
  close(): Promise<void>;
}

/** What the port promises of jobs that are given with a change. `open` gives an empty index. */
export function describeIndexJobs(name: string, open: () => Promise<OpenedIndexWithJobs>): void {
  describe(`jobs with changes of the image index: ${name}`, () => {
    let opened: OpenedIndexWithJobs;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    describe('a change that is made', () => describeMade(() => opened));
    describe('a change that is refused', () => describeRefused(() => opened));
  });
}

const process = ({ image_id, version }: ImageRecord): Job => ({ kind: 'process-image', image_id, version });

const cleanUp = ({ image_id, object_key, user_id }: ImageRecord): Job => ({
  kind: 'clean-up-object',
  image_id,
  object_key,
  reserved: { user_id, images: 1, bytes: 294 },
});

const changed = (record: ImageRecord): ImageRecord => ({ ...record, title: 'changed', revision: 2 });

type Change = (index: ImageIndex, record: ImageRecord, jobs?: readonly Job[]) => Promise<void>;

/** Each kind of change, and whether the record is there before it. */
const CHANGES: readonly (readonly [name: string, isThere: boolean, change: Change])[] = [
  ['insert', false, (index, record, jobs) => index.insert(record, jobs)],
  ['replace', true, (index, record, jobs) => index.replace(record, changed(record), jobs)],
  ['remove', true, (index, record, jobs) => index.remove(record, jobs)],
];

const sorted = (jobs: readonly Job[]) => jobs.map((job) => JSON.stringify(job)).sort();

function describeMade(opened: () => OpenedIndexWithJobs): void {
  test.each(CHANGES)('queues the job that it is given: %s', async (_name, isThere, change) => {
    const { index, queued } = opened();
    const record = sampleRecord();
    if (isThere) await index.insert(record);
    await change(index, record, [process(record)]);
    expect(await queued()).toEqual([process(record)]);
  });

  test.each(CHANGES)('queues all of several, each as it was: %s', async (_name, isThere, change) => {
    const { index, queued } = opened();
    const record = sampleRecord({ user_id: `it's "alice" 🦅` });
    const jobs: Job[] = [
      process(record),
      cleanUp(record),
      { kind: 'finish-upload', image_id: record.image_id, upload_key: `.uploads/alice/${record.image_id}` },
      process({ ...record, version: 2 }),
    ];
    if (isThere) await index.insert(record);
    await change(index, record, jobs);
    expect(sorted(await queued())).toEqual(sorted(jobs));
  });

  test.each(CHANGES)('without jobs queues none: %s', async (_name, isThere, change) => {
    const { index, queued } = opened();
    const [record, other] = [sampleRecord(), sampleRecord()];
    for (const each of isThere ? [record, other] : []) await index.insert(each);
    await change(index, record);
    await change(index, other, []);
    expect(await queued()).toEqual([]);
  });

  test('queues a job once for each change that it is given with', async () => {
    const { index, queued } = opened();
    const record = sampleRecord();
    await index.insert(record, [process(record)]);
    await index.replace(record, changed(record), [process(record)]);
    await index.remove(changed(record), [process(record)]);
    expect(await queued()).toEqual(Array(3).fill(process(record)));
  });

  test('is made with its jobs beside many others at the same time', async () => {
    const { index, queued } = opened();
    const records = Array.from({ length: 20 }, () => sampleRecord());
    await Promise.all(records.map((record) => index.insert(record, [process(record)])));
    expect(sorted(await queued())).toEqual(sorted(records.map(process)));
  });
}

/** Why a change is refused, what is there before it, and with what code. */
const REFUSALS: readonly (readonly [
  why: string,
  stored: Partial<ImageRecord> | undefined,
  change: Change,
  code: string,
])[] = [
  ['an insert of an id that is taken', {}, (index, record, jobs) => index.insert(record, jobs), 'conflict'],
  ...CHANGES.filter(([, isThere]) => isThere).flatMap(
    ([name, , change]) =>
      [
        [`a ${name} of what is not there`, undefined, change, 'not_found'],
        [`a ${name} of what a caller has changed since`, { revision: 2 }, change, 'conflict'],
        [
          `a ${name} of what background work has changed since`,
          { background_revision: 1 },
          change,
          'conflict',
        ],
        [`a ${name} of what is of another status by now`, { status: 'scanning' }, change, 'conflict'],
      ] as const,
  ),
];

function describeRefused(opened: () => OpenedIndexWithJobs): void {
  test.each(REFUSALS)('queues nothing: %s', async (_why, stored, change, code) => {
    const { index, queued } = opened();
    const record = sampleRecord();
    if (stored) await index.insert({ ...record, ...stored });
    const changing = change(index, record, [process(record), cleanUp(record)]);
    await expect(changing).rejects.toMatchObject({ code });
    expect(await queued()).toEqual([]);
  });

  test('queues nothing beside one that is made of the same record at the same time', async () => {
    const { index, queued } = opened();
    const record = sampleRecord();
    await index.insert(record);
    const versions = Array.from({ length: 8 }, (_, n) => n + 2);
    const outcomes = await Promise.allSettled(
      versions.map((version) => {
        const next = { ...record, version };
        return index.replace(record, next, [process(next)]);
      }),
    );
    const made = versions.filter((_, n) => outcomes[n]?.status === 'fulfilled');
    expect(made).toHaveLength(1);
    expect(await queued()).toEqual(made.map((version) => process({ ...record, version })));
  });
}
