import { describe, expect, test } from 'vitest';
import { streamEvent } from '../../../test/support/queue-event.ts';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { type ImageId, newImageId } from '../../domain/image-id.ts';
import { type StreamEvent, streamHandlerFor } from './stream-handler.ts';

const [A, B] = [newImageId(1), newImageId(2)];
const eventOf = (...ids: readonly string[]) => streamEvent(ids) as StreamEvent;
const placeOf = (event: StreamEvent, at: number) => ({
  itemIdentifier: event.Records[at]?.dynamodb?.SequenceNumber,
});

function following(left: readonly ImageId[] = []) {
  const worked: (readonly ImageId[])[] = [];
  const log = recordingLog();
  const handle = streamHandlerFor(async (changed) => {
    worked.push(changed);
    return left;
  }, log);
  return { handle, worked, log };
}

describe('a function that follows a table', () => {
  test('is handed what changed, and gives nothing back that was done', async () => {
    const { handle, worked } = following();
    expect(await handle(eventOf(A, B, A))).toEqual({ batchItemFailures: [] });
    expect(worked).toEqual([[A, B, A]]);
  });

  test('gives back each record of an image for which nothing could be done', async () => {
    const { handle, log } = following([B]);
    const event = eventOf(A, B, A, B);
    expect(await handle(event)).toEqual({ batchItemFailures: [placeOf(event, 1), placeOf(event, 3)] });
    expect(log.entries).toHaveLength(1);
  });

  test.each([
    ['no image', eventOf(A, '../../etc/passwd')],
    ['nothing', { Records: [...eventOf(A).Records, { eventSource: 'aws:dynamodb', dynamodb: {} }] }],
    ['a number', { Records: [...eventOf(A).Records, { dynamodb: { Keys: { image_id: { S: 7 } } } }] }],
    ['another table', { Records: [...eventOf(A).Records, { dynamodb: { Keys: { pk: { S: A } } } }] }],
  ])('a record that names %s fails alone, and the others are done', async (_what, event) => {
    const { handle, worked } = following();
    const answer = await handle(event as unknown as StreamEvent);
    expect(answer.batchItemFailures).toEqual([
      { itemIdentifier: (event as StreamEvent).Records[1]?.dynamodb?.SequenceNumber ?? '' },
    ]);
    expect(worked).toEqual([[A]]);
  });

  test('a batch without an image asks nobody', async () => {
    const { handle, worked } = following();
    const event = eventOf('x');
    expect(await handle(event)).toEqual({ batchItemFailures: [placeOf(event, 0)] });
    expect(worked).toEqual([]);
  });
});
