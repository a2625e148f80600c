import type { Config } from '../config/config.ts';
import type { EmbeddedStorageConfig } from '../config/storage.ts';
import { createSigner } from '../domain/signing.ts';
import { DiskObjectStore } from '../drivers/embedded/disk/disk-object-store.ts';
import { type EmbeddedStorage, openStorage } from '../drivers/embedded/open-storage.ts';
import { createInProcessJobQueue, type InProcessJobQueue } from '../drivers/system/in-process-job-queue.ts';
import { createRecordClock } from '../drivers/system/record-clock.ts';
import type { AppContext } from '../http/context.ts';
import { cleanUpObject } from '../operations/background/clean-up-object.ts';
import type { Log } from '../ports/log.ts';
import type { Home } from './home.ts';
import { uploadLimits } from './upload-limits.ts';

/** The embedded home: one process, SQLite and the disk. */
export async function openEmbeddedHome(
  config: Config,
  { dataDir }: EmbeddedStorageConfig,
  log: Log,
): Promise<Home> {
  const storage = await openStorage(dataDir, log);
  const queues: InProcessJobQueue[] = [];
  return {
    data: `in ${dataDir}`,
    contextFor(publicUrl) {
      const { context, jobs } = composeContext(config, log, storage, publicUrl);
      queues.push(jobs);
      return context;
    },
    async close() {
      const left = await Promise.all(queues.map((queue) => queue.stop()));
      await storage.close({ unfinished: left.some((jobs) => jobs > 0) });
    },
  };
}

function composeContext(
  config: Config,
  log: Log,
  storage: EmbeddedStorage,
  publicUrl: string,
): { context: AppContext; jobs: InProcessJobQueue } {
  const secrets = config.signingSecrets.length > 0 ? config.signingSecrets : [storage.signingSecret];
  const objectUrls = createSigner(secrets, 'object-urls');
  const objects = new DiskObjectStore({ folder: storage.folder, publicUrl, signer: objectUrls });
  const { index } = storage;
  const jobs = createInProcessJobQueue((job) => cleanUpObject({ index, objects }, job), log);
  const context: AppContext = {
    deps: {
      index,
      objects,
      jobs,
      clock: createRecordClock(storage.latestTime),
      log,
      pageTokens: createSigner(secrets, 'page-tokens'),
      limits: uploadLimits(config),
      urlExpiresSeconds: config.urlExpiresSeconds,
    },
    publicUrl,
    async checkReady() {
      await Promise.all([index.check(), objects.check()]);
    },
    objectUrls,
    localOnly: config.localOnly,
  };
  return { context, jobs };
}
