import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSearchAt } from '../support/opened-opensearch.ts';
import {
  OPENSEARCH_NODE_BUILT,
  type OpenSearchNode,
  startOpenSearchNode,
} from '../support/opensearch-node.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { searchFor } from '../support/search-for.ts';
import { describeOpenSearchWrites } from './opensearch-writes.contract.ts';
import { SLOW_SCALE } from './scale.ts';
import { describeSearchIndex } from './search-index.contract.ts';

if (OPENSEARCH_NODE_BUILT) {
  describe('over OpenSearch itself', describeOverNode);
} else {
  test('the driver over OpenSearch itself', (context) => {
    const reason = 'npm run test:opensearch builds a node of it, and needs Maven and Java 17';
    process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
    context.skip(reason);
  });
}

function describeOverNode(): void {
  let node: OpenSearchNode;
  beforeAll(async () => {
    node = await startOpenSearchNode();
  });
  afterAll(() => node?.stop());

  describeSearchIndex('OpenSearch', () => openSearchAt(node.url), SLOW_SCALE);
  describeOpenSearchWrites(() => openSearchAt(node.url));

  test('a prefix is found among more words than any limit of the engine', async () => {
    const { search, put } = await openSearchAt(node.url);
    const records = Array.from({ length: 3000 }, (_, n) =>
      sampleRecord({ title: `sea averylongwordtobegin${n}`, description: null, tags: [] }),
    );
    await put(records);
    const last = records.at(-1)?.image_id;
    const all = (text: string) => search.find(searchFor(text), 3000, null);
    // One word, in quotes none; several words that are one piece; beginnings in the index, and longer ones.
    for (const text of ['averylongwordtobegin', 'a', 'sea-a', 'sea-averylongwordtobegin']) {
      const { hits } = await all(text);
      expect([text, hits.length, hits.some(({ image_id }) => image_id === last)]).toEqual([text, 3000, true]);
    }
    expect((await all('sea-averylongwordtobegin2999')).hits.map(({ image_id }) => image_id)).toEqual([last]);
  });
}
