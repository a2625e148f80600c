import { expect, test } from 'vitest';
import { memoryDeps, NOW } from '../../test/support/memory-deps.ts';
import { sampleLink } from '../../test/support/sample-link.ts';
import { sampleRecord } from '../../test/support/sample-record.ts';
import { openLink } from './open-link.ts';

const DAY = 86_400_000;

test('an opening under a machine’s clock that was set back is at the time on record, which never goes back', async () => {
  const { deps: all } = memoryDeps();
  const deps = { ...all, clock: { now: () => NOW, machine: () => NOW - 3650 * DAY } };
  const { image_id } = sampleRecord();
  await deps.index.insert(sampleRecord({ image_id }));
  const created_at = new Date(NOW).toISOString();
  const link = sampleLink({ image_id, created_at, expires_at: new Date(NOW + DAY).toISOString() });
  await deps.links.create(link);
  await openLink(deps, { link_id: link.link_id, counts: true });
  expect(await deps.links.find(link.link_id, NOW)).toMatchObject({ views: 1, last_viewed_at: created_at });
});
