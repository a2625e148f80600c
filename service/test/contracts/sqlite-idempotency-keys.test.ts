import { openStorage } from '../../src/drivers/embedded/open-storage.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { silentLog } from '../support/silent-log.ts';
import { describeIdempotencyKeys } from './idempotency-keys.contract.ts';

describeIdempotencyKeys('SQLite', async () => {
  const folder = await scratchFolder();
  const storage = await openStorage(folder.path, silentLog);
  return {
    keys: storage.keys,
    async close() {
      await storage.close();
      await folder.remove();
    },
  };
});
