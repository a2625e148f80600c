import { describe, expect, test } from 'vitest';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import type { Job } from '../../domain/job.ts';
import { queueHandlerFor } from './queue-handler.ts';

const jobFor = (user_id: string): Job => {
  const { image_id, object_key } = sampleRecord({ user_id });
  return { kind: 'clean-up-object', image_id, object_key };
};

const message = (messageId: string, body: string) => ({ messageId, body });

describe('a function that a queue feeds', () => {
  test('does every job of a batch, in order, and gives none back', async () => {
    const jobs = ['alice', 'bob', 'carol'].map(jobFor);
    const done: Job[] = [];
    const handler = queueHandlerFor(async (job) => void done.push(job), recordingLog());
    const Records = jobs.map((job, at) => message(`m${at}`, JSON.stringify(job)));
    expect(await handler({ Records })).toEqual({ batchItemFailures: [] });
    expect(done).toEqual(jobs);
  });

  test('gives back the one that failed, alone, and says why in the log', async () => {
    const jobs = ['alice', 'bob', 'carol'].map(jobFor);
    const failure = new Error('not now');
    const log = recordingLog();
    const handler = queueHandlerFor(async (job) => {
      if (job.object_key === jobs[1]?.object_key) throw failure;
    }, log);
    const Records = jobs.map((job, at) => message(`m${at}`, JSON.stringify(job)));
    expect(await handler({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(log.entries).toEqual([
      expect.objectContaining({ level: 'error', fields: { err: failure, message_id: 'm1' } }),
    ]);
  });

  test.each([
    ['no JSON', 'clean up'],
    ['another kind of job', '{"kind":"make-coffee"}'],
    ['an id that is none', JSON.stringify({ ...jobFor('alice'), image_id: '../etc' })],
    ['a key that is none', JSON.stringify({ ...jobFor('alice'), object_key: 'a/../b' })],
  ])(
    'gives back a message that is %s, so that it ends in the DLQ, and does the others',
    async (_what, body) => {
      const done: Job[] = [];
      const handler = queueHandlerFor(async (job) => void done.push(job), recordingLog());
      const good = jobFor('bob');
      const Records = [message('bad', body), message('good', JSON.stringify(good))];
      expect(await handler({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: 'bad' }] });
      expect(done).toEqual([good]);
    },
  );
});
