import { openStorage } from '../../src/drivers/embedded/open-storage.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { silentLog } from '../support/silent-log.ts';
import { describeImageIndex } from './image-index.contract.ts';

describeImageIndex('SQLite', async () => {
  const folder = await scratchFolder();
  const storage = await openStorage(folder.path, silentLog);
  return {
    index: storage.index,
    async close() {
      await storage.close();
      await folder.remove();
    },
  };
});
