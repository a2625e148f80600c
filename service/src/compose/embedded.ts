import type { Config } from '../config/config.ts';
import type { EmbeddedStorageConfig } from '../config/storage.ts';
import { createSigner } from '../domain/signing.ts';
import { DiskObjectStore } from '../drivers/embedded/disk/disk-object-store.ts';
import { DiskUploadStore } from '../drivers/embedded/disk/disk-upload-store.ts';
import { DurableFolders } from '../drivers/embedded/disk/durable-folders.ts';
import { type EmbeddedStorage, openStorage } from '../drivers/embedded/open-storage.ts';
import { createInProcessJobQueue, type InProcessJobQueue } from '../drivers/system/in-process-job-queue.ts';
import { type Periodic, periodically } from '../drivers/system/periodically.ts';
import { createRecordClock } from '../drivers/system/record-clock.ts';
import type { AppContext } from '../http/context.ts';
import { doJob } from '../operations/background/do-job.ts';
import { sweepUploads } from '../operations/background/sweep-uploads.ts';
import type { Log } from '../ports/log.ts';
import { type Home, SWEEP_MS } from './home.ts';
import { openRateLimits } from './rate-limits.ts';
import { uploadLimits } from './upload-limits.ts';

/** The embedded home: one process, SQLite and the disk. */
export async function openEmbeddedHome(
  config: Config,
  { dataDir }: EmbeddedStorageConfig,
  log: Log,
): Promise<Home> {
  const rateLimits = await openRateLimits(config);
  const storage = await openStorage(dataDir, log);
  const queues: InProcessJobQueue[] = [];
  const sweeps: Periodic[] = [];
  return {
    data: `in ${dataDir}`,
    contextFor(publicUrl) {
      const { context, jobs } = composeContext(config, log, storage, publicUrl);
      queues.push(jobs);
      const sweep = () => sweepUploads(context.deps);
      sweeps.push(periodically(SWEEP_MS, sweep, log, 'the sweep of uploads'));
      return { ...context, rateLimits };
    },
    async close() {
      await Promise.all(sweeps.map((sweep) => sweep.stop()));
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
  const { folder } = storage;
  const folders = new DurableFolders();
  const objects = new DiskObjectStore({ folder, publicUrl, signer: objectUrls, folders });
  const uploadUrls = createSigner(secrets, 'upload-urls');
  const uploads = new DiskUploadStore({ folder, publicUrl, signer: uploadUrls, folders });
  const { index, keys, quotas } = storage;
  const jobs = createInProcessJobQueue((job) => doJob(context.deps, job), log);
  const context: AppContext = {
    deps: {
      index,
      objects,
      uploads,
      jobs,
      keys,
      quotas,
      clock: createRecordClock(storage.latestTime),
      log,
      pageTokens: createSigner(secrets, 'page-tokens'),
      limits: uploadLimits(config),
      quotaLimits: config.quotaLimits,
      urlExpiresSeconds: config.urlExpiresSeconds,
      uploadExpiresSeconds: config.uploadExpiresSeconds,
    },
    publicUrl,
    async checkReady() {
      await Promise.all([index.check(), objects.check()]);
    },
    objectUrls,
    directUploads: { signer: uploadUrls, inbox: uploads },
    localOnly: config.localOnly,
  };
  return { context, jobs };
}
