import { afterAll, beforeAll, describe } from 'vitest';
import { type OpenSearchEmulator, startOpenSearch } from '../emulators/opensearch/opensearch.ts';
import { openSearchAt } from '../support/opened-opensearch.ts';
import { describeOpenSearchWrites } from './opensearch-writes.contract.ts';
import { SLOW_SCALE } from './scale.ts';
import { describeSearchIndex } from './search-index.contract.ts';

describe('over the emulator', () => {
  let emulator: OpenSearchEmulator;
  beforeAll(async () => {
    emulator = await startOpenSearch();
  });
  afterAll(() => emulator.stop());

  describeSearchIndex('OpenSearch, emulated', () => openSearchAt(emulator.url), SLOW_SCALE);
  describeOpenSearchWrites(() => openSearchAt(emulator.url));
});
