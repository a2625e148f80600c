import { describe, expect, test } from 'vitest';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { queueHandlerFor } from './queue-handler.ts';

const BATCH = {
  Records: ['one', 'two', 'three'].map((body, at) => ({ messageId: `m${at + 1}`, body })),
};

describe('a function that a queue feeds', () => {
  test('does what every message of a batch says, in order, and gives none back', async () => {
    const done: string[] = [];
    const handler = queueHandlerFor(async (body) => void done.push(body), recordingLog());
    expect(await handler(BATCH)).toEqual({ batchItemFailures: [] });
    expect(done).toEqual(['one', 'two', 'three']);
  });

  test('gives back the one that failed, alone, and says why in the log', async () => {
    const failure = new Error('not now');
    const log = recordingLog();
    const done: string[] = [];
    const handler = queueHandlerFor(async (body) => {
      if (body === 'two') throw failure;
      done.push(body);
    }, log);
    expect(await handler(BATCH)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm2' }] });
    expect(done).toEqual(['one', 'three']);
    expect(log.entries).toEqual([
      expect.objectContaining({ level: 'error', fields: { err: failure, message_id: 'm2' } }),
    ]);
  });
});
