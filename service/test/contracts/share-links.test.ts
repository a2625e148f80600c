import { expect, test } from 'vitest';
import { DynamoAuditTrail } from '../../src/drivers/aws/dynamo-audit-trail.ts';
import { DynamoShareLinks } from '../../src/drivers/aws/dynamo-share-links.ts';
import { openStorage } from '../../src/drivers/embedded/open-storage.ts';
import { createMemoryAuditTrail } from '../../src/drivers/memory/memory-audit-trail.ts';
import { createMemoryShareLinks } from '../../src/drivers/memory/memory-share-links.ts';
import { openInstallation } from '../support/aws-installation.ts';
import { DAY, LINKED_AT, sampleLink } from '../support/sample-link.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { silentLog } from '../support/silent-log.ts';
import { describeFailedShareLinks, describeShareLinks } from './share-links.contract.ts';

describeShareLinks('memory', async () => {
  const audit = createMemoryAuditTrail();
  return { audit, links: createMemoryShareLinks(audit), close: async () => {} };
});

async function openEmbedded() {
  const folder = await scratchFolder();
  const { audit, links, close } = await openStorage(folder.path, silentLog);
  return { audit, links, close: () => close().then(() => folder.remove()) };
}

describeShareLinks('SQLite', openEmbedded);

describeFailedShareLinks('SQLite', async () => {
  const { links, close } = await openEmbedded();
  await close();
  return links;
});

const pause = async () => {};

describeShareLinks('DynamoDB', async () => {
  const { clients, storage, close } = await openInstallation();
  const { dynamodb: client } = clients;
  const { tables } = storage;
  // The emulators let go of what has expired: what a test has written must not have.
  const shards = { shardsToWrite: 3, shardsToRead: async () => 4 };
  const audit = new DynamoAuditTrail({ client, table: tables.audit, ...shards, days: 36_500 });
  const links = new DynamoShareLinks({ client, table: tables.listings, pause, audit });
  return { audit, links, close };
});

describeFailedShareLinks('DynamoDB', async () => {
  const { clients } = await openInstallation();
  const audit = { note: () => ({}) };
  return new DynamoShareLinks({ client: clients.dynamodb, table: 'no-such-table', pause, audit });
});

test('share links: SQLite: what has expired is removed, and nothing else, however much it is', async () => {
  await using closing = new AsyncDisposableStack();
  const { links, close } = await openEmbedded();
  closing.defer(close);
  const made = Array.from({ length: 1203 }, (_unused, n) =>
    sampleLink({ expires_at: new Date(LINKED_AT + n).toISOString() }),
  );
  await Promise.all(made.map((link) => links.create(link)));
  const last = made.at(-1) ?? sampleLink();
  expect(await links.forgetExpired(LINKED_AT + 1201)).toBe(1202);
  expect(await links.forgetExpired(LINKED_AT + 1201)).toBe(0);
  expect(await links.find(made[1201]?.link_id ?? '', 0)).toBeUndefined();
  expect(await links.find(last.link_id, 0)).toStrictEqual(last);
  expect(await links.forgetExpired(LINKED_AT + DAY)).toBe(1);
});
