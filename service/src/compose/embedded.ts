import type { Config } from '../config/config.ts';
import type { EmbeddedStorageConfig } from '../config/storage.ts';
import type { JobKind } from '../domain/job.ts';
import { createSigner } from '../domain/signing.ts';
import { DiskObjectStore } from '../drivers/embedded/disk/disk-object-store.ts';
import { DiskUploadStore } from '../drivers/embedded/disk/disk-upload-store.ts';
import { DurableFolders } from '../drivers/embedded/disk/durable-folders.ts';
import { createJobWorker } from '../drivers/embedded/job-worker.ts';
import { type EmbeddedStorage, openStorage } from '../drivers/embedded/open-storage.ts';
import type { BegunThread } from '../drivers/embedded/sqlite/writer-thread.ts';
import { createCautiousClock } from '../drivers/system/cautious-clock.ts';
import { createInProcessJobQueue } from '../drivers/system/in-process-job-queue.ts';
import type { Periodic } from '../drivers/system/periodically.ts';
import { createRecordClock } from '../drivers/system/record-clock.ts';
import type { AppContext } from '../http/context.ts';
import { doJob, type JobDeps } from '../operations/background/do-job.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Log } from '../ports/log.ts';
import { announcedChanges } from './announced-changes.ts';
import { statusOnArrival } from './arrival.ts';
import { type Doors, openDoors } from './doors.ts';
import type { Home } from './home.ts';
import { keepingOf } from './keeping.ts';
import { decoderGauges, jobGauges } from './observed/gauges.ts';
import { openObservation } from './observed/observation.ts';
import { openRenderer } from './processing.ts';
import { openRateLimiter } from './rate-limits.ts';
import { openScanner } from './scanner.ts';
import { startAuditSweep, startDeliveriesSweep, startLinkSweep, startSweeps } from './sweeps.ts';
import { uploadLimits } from './upload-limits.ts';
import { openWebhookSender } from './webhook-sender.ts';

/** How many jobs of a kind one process does at the same time. */
const CONCURRENCY: Readonly<Record<JobKind, number>> = {
  // Each waits for others' answers.
  'announce-event': 16,
  'clean-up-object': 2,
  'erase-images': 1,
  'finish-upload': 2,
  // One more than there are decoders: what has been decoded is stored while they decode the next ones.
  'process-image': 3,
  // None: changes have it done in their own transactions.
  'sync-search': 1,
  // They wait for the disk, and those that wait at the same time share it; with more, deletions would wait for them.
  'withdraw-image': 4,
};

/**
 * Under a load of deletions what they leave is removed in batches, which share syncs and a commit: nobody waits for it, and
 * the next deletion waits for the same disk.
 */
const GATHER_MS = { 'withdraw-image': 200 };

/** The embedded home: one process, SQLite and the disk. Its context is made once. */
export interface EmbeddedHome extends Home {
  /** Does the jobs that are due: for a process that has not started to. */
  workOff(): Promise<void>;
}

export async function openEmbeddedHome(
  config: Config,
  { dataDir }: EmbeddedStorageConfig,
  plainLog: Log,
  thread?: BegunThread,
): Promise<EmbeddedHome> {
  const observed = await openObservation(config, plainLog);
  const { log, metrics } = observed;
  const [rateLimiter, scanner] = await Promise.all([
    openRateLimiter(config),
    openScanner(config.scanner, log),
  ]);
  const onCommit = (changes: number, seconds: number) => {
    metrics?.observe('commit_changes', {}, changes);
    metrics?.observe('commit_duration_seconds', {}, seconds);
  };
  const storage = await openStorage(dataDir, log, onCommit, thread);
  // Jobs that cannot be written down now are kept in mind until they can.
  const unwritten = createInProcessJobQueue((job) => storage.jobs.enqueue(job), log);
  const jobs: JobQueue = {
    enqueue: (job) =>
      storage.jobs.enqueue(job).catch((error: unknown) => {
        log.warn({ err: error, job }, 'a job cannot be written down now; it is kept in mind until it can');
        return unwritten.enqueue(job);
      }),
  };
  const renderer = openRenderer(config, (reason) => metrics?.count('decoder_losses_total', { reason }));
  observed.lookUp(() => [...decoderGauges(renderer.load), ...jobGauges(storage.jobs.state(), Date.now())]);
  let composed: AppContext | undefined;
  const deps = (): JobDeps => {
    if (!composed) throw new Error('There is no context yet.');
    const { keepGps } = config.processing;
    return {
      ...composed.deps,
      ...observed.jobParts({ scanner, edge: undefined, searchFeed: undefined }),
      keepGps,
    };
  };
  const worker = createJobWorker({
    queue: storage.jobs,
    work: observed.work((job, attempt) => doJob(deps(), job, attempt)),
    concurrency: CONCURRENCY,
    gatherMs: GATHER_MS,
    onClockBack: (now) => storage.clockWentBack(now),
    log,
  });
  const sweeps: Periodic[] = [];
  return {
    data: `in ${dataDir}`,
    bytes: { fetched: [], sent: [] },
    contextFor(publicUrl) {
      if (composed) return composed;
      const context = composeContext(config, log, { ...storage, jobs, renderer }, publicUrl);
      composed = {
        ...context,
        ...openDoors(config),
        deps: observed.deps(context.deps),
        rateLimiter: rateLimiter && observed.limiter(rateLimiter),
        observation: observed.http,
      };
      return composed;
    },
    startWork() {
      worker.start();
      const sure = createCautiousClock(storage.latestTime);
      sweeps.push(
        ...startSweeps(deps(), log, sure),
        startAuditSweep(storage.audit, { ...deps(), clock: sure }, log),
        startLinkSweep(storage.links, { clock: sure }, log),
        startDeliveriesSweep(storage.webhooks.deliveries, { clock: sure }, log),
      );
    },
    workOff: () => worker.workOff(),
    async close() {
      await Promise.all([worker.stop(), ...sweeps.map((sweep) => sweep.stop())]);
      await renderer.close();
      const left = await unwritten.stop();
      await storage.close({ unfinished: left > 0 });
      await observed.close();
    },
  };
}

function composeContext(
  config: Config,
  log: Log,
  storage: Omit<EmbeddedStorage, 'jobs'> & Pick<JobDeps, 'jobs' | 'renderer'>,
  publicUrl: string,
): Omit<AppContext, keyof Doors> {
  const secrets = config.signingSecrets.length > 0 ? config.signingSecrets : [storage.signingSecret];
  const objectUrls = createSigner(secrets, 'object-urls');
  const { folder } = storage;
  const folders = new DurableFolders();
  const objects = new DiskObjectStore({ folder, publicUrl, signer: objectUrls, folders });
  const uploadUrls = createSigner(secrets, 'upload-urls');
  const uploads = new DiskUploadStore({ folder, publicUrl, signer: uploadUrls, folders });
  const { search, jobs, keys, quotas, audit, links, renderer } = storage;
  const clock = createRecordClock(storage.latestTime);
  const index = announcedChanges(storage.index, config.webhooks, clock, () =>
    storage.webhooks.registry.hasAny(),
  );
  return {
    deps: {
      index,
      search,
      objects,
      uploads,
      jobs,
      keys,
      quotas,
      audit,
      links,
      renderer,
      renderings: new Map(),
      rendersOnMiss: false,
      webhooks:
        config.webhooks === 'off'
          ? undefined
          : { ...storage.webhooks, sender: openWebhookSender(config.webhooks, log) },
      clock,
      log,
      pageTokens: createSigner(secrets, 'page-tokens'),
      limits: uploadLimits(config),
      statusOnArrival: statusOnArrival(config),
      ...keepingOf(config),
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
  };
}
