import { openStorage } from '../../src/drivers/embedded/open-storage.ts';
import { createMemoryImageIndex } from '../../src/drivers/memory/memory-image-index.ts';
import { createMemorySearchIndex } from '../../src/drivers/memory/memory-search-index.ts';
import type { ImageIndex } from '../../src/ports/image-index.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { silentLog } from '../support/silent-log.ts';
import { FULL_SCALE } from './scale.ts';
import { describeSearchIndex, type OpenedSearchIndex } from './search-index.contract.ts';

describeSearchIndex(
  'memory',
  async () => {
    const index = createMemoryImageIndex();
    return { search: createMemorySearchIndex(index), ...writesTo(index), close: async () => {} };
  },
  FULL_SCALE,
);

describeSearchIndex(
  'SQLite',
  async () => {
    const folder = await scratchFolder();
    const { index, search, close } = await openStorage(folder.path, silentLog);
    return {
      search,
      ...writesTo(index),
      async close() {
        await close();
        await folder.remove();
      },
    };
  },
  FULL_SCALE,
);

/** What is found there is what the index has. */
function writesTo(index: ImageIndex): Pick<OpenedSearchIndex, 'put' | 'remove'> {
  return {
    async put(records) {
      const write = async (record: (typeof records)[number]) => {
        const stored = await index.get(record.image_id);
        await (stored ? index.replace(stored, record) : index.insert(record));
      };
      await Promise.all(records.map(write));
    },
    remove: (record) => index.remove(record),
  };
}
