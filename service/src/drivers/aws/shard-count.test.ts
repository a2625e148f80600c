import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { stubbedClient } from '../../../test/support/stubbed-aws.ts';
import { createShardCount } from './shard-count.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('the count is read again after a minute, also where the clock was a year ahead when it was read', async () => {
  let shards = 8;
  const { client, sent } = stubbedClient<DynamoDBClient>(() => ({ Item: { shards: { N: String(shards) } } }));
  const count = createShardCount(client, 'listings', 4);
  vi.setSystemTime(Date.now() + 365 * 86_400_000);
  expect(await count()).toBe(8);
  vi.setSystemTime(Date.now() - 365 * 86_400_000);
  shards = 16;
  vi.advanceTimersByTime(59_999);
  expect(await count()).toBe(8);
  expect(sent).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(await count()).toBe(16);
});
