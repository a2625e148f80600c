import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { statusOnArrival } from '../../src/compose/arrival.ts';
import { composeOverAws } from '../../src/compose/aws-context.ts';
import { openAwsLinks } from '../../src/compose/aws-links.ts';
import { openAwsWebhooks } from '../../src/compose/aws-webhooks.ts';
import { openDoors } from '../../src/compose/doors.ts';
import { openEmbeddedHome } from '../../src/compose/embedded.ts';
import { keepingOf } from '../../src/compose/keeping.ts';
import { openSearchFeed, openSearchIndex } from '../../src/compose/opensearch.ts';
import { openRenderer } from '../../src/compose/processing.ts';
import { openGuardDuty, openScanner } from '../../src/compose/scanner.ts';
import { searchedChanges } from '../../src/compose/searched-changes.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import { createSigner } from '../../src/domain/signing.ts';
import { receivedJob } from '../../src/drivers/aws/job-message.ts';
import { S3UploadStore } from '../../src/drivers/aws/s3-upload-store.ts';
import { createMemoryAuditTrail } from '../../src/drivers/memory/memory-audit-trail.ts';
import { createMemoryIdempotencyKeys } from '../../src/drivers/memory/memory-idempotency-keys.ts';
import { createMemoryImageIndex } from '../../src/drivers/memory/memory-image-index.ts';
import { createMemoryJobQueue } from '../../src/drivers/memory/memory-job-queue.ts';
import { createMemoryObjectStore } from '../../src/drivers/memory/memory-object-store.ts';
import { createMemoryQuotaLedger } from '../../src/drivers/memory/memory-quota-ledger.ts';
import { createMemorySearchIndex } from '../../src/drivers/memory/memory-search-index.ts';
import { createMemoryShareLinks } from '../../src/drivers/memory/memory-share-links.ts';
import { createMemoryUploadStore } from '../../src/drivers/memory/memory-upload-store.ts';
import { createRecordClock } from '../../src/drivers/system/record-clock.ts';
import { createApp } from '../../src/http/app.ts';
import type { AppContext } from '../../src/http/context.ts';
import { PROBLEM_JSON } from '../../src/http/problem.ts';
import { doJob } from '../../src/operations/background/do-job.ts';
import type { Log } from '../../src/ports/log.ts';
import { type OpenSearchEmulator, startOpenSearch } from '../emulators/opensearch/opensearch.ts';
import { AWS_FROM_ENVIRONMENT } from './aws-environment.ts';
import { openInstallation } from './aws-installation.ts';
import { LARGE } from './large.ts';
import { type LeakWatch, watchLeaks } from './leaks.ts';
import { ALL, listed } from './listed.ts';
import { ScriptedRenderer } from './scripted-renderer.ts';
import { SettableClock } from './settable-clock.ts';
import { silentLog } from './silent-log.ts';
import { keysOf } from './stored-bytes.ts';
import { workOffQueue } from './work-off-queue.ts';

export { silentLog };

/** The homes that every journey runs over: `describe.each(HOMES)`. `npm run test:aws` is about one of them. */
export const HOMES: readonly ('embedded' | 'aws')[] = AWS_FROM_ENVIRONMENT ? ['aws'] : ['embedded', 'aws'];

/**
 * One of them a run, for journeys beyond an image's plain life and for what hundreds of inputs are tried on: the
 * default run takes them through the embedded home, the large one through AWS, and CI does both. What drivers
 * promise is held by the contracts, which the default run does over AWS too.
 */
export const DIVIDED_HOMES: typeof HOMES = AWS_FROM_ENVIRONMENT || LARGE ? ['aws'] : ['embedded'];

/**
 * Those of them that serve objects themselves, at `/objects`. On AWS S3 does, by its own rules: its URLs
 * are signed for one method, its errors are XML, and its headers are fewer. The large run has nothing to add.
 */
export const SERVING_HOMES: readonly ('memory' | 'embedded')[] = LARGE ? [] : ['memory', 'embedded'];

/** Memory is no home of anybody's: it is for what is quicker, or easier to break, without one. */
export type HomeKind = (typeof HOMES)[number] | 'memory';

export interface HomeOptions {
  /** What differs from an empty environment. */
  readonly config?: Partial<Config>;
  readonly log?: Log;
  /** Whether the AWS home has an OpenSearch, emulated; the others find images without. */
  readonly search?: boolean;
  /** Puts something else in place of the home's own parts. */
  readonly around?: (context: AppContext) => AppContext;
}

/** What lies in a home, visible or not. */
export interface Stored {
  readonly objects: readonly string[];
  readonly records: readonly string[];
  /** Objects that have been begun and neither committed nor discarded. */
  readonly unfinished: readonly string[];
}

export const NOTHING: Stored = { objects: [], records: [], unfinished: [] };

/** The whole service in this process, spoken to as over HTTP. */
export interface TestHome {
  readonly context: AppContext;
  readonly clock: SettableClock;
  /** Of an AWS home with search. */
  readonly openSearch: OpenSearchEmulator | undefined;
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Fetches an absolute URL that the home has given out. */
  follow(url: string, init?: RequestInit): Promise<Response>;
  stored(): Promise<Stored>;
  /** Does the jobs that are due, and those that become due by them: nobody else does in these homes. */
  workOff(): Promise<void>;
  close(): Promise<void>;
}

interface OpenedParts {
  readonly context: AppContext;
  readonly openSearch?: OpenSearchEmulator;
  /** What presigned URLs begin with where others serve them, over real HTTP. */
  readonly servedBelow?: string;
  unfinished(): Promise<readonly string[]>;
  workOff(): Promise<void>;
  close(): Promise<void>;
}

const PUBLIC_URL = 'http://127.0.0.1:3000';

type Opener = (config: Config, log: Log, options: HomeOptions) => Promise<OpenedParts>;

const OPENERS: Readonly<Record<HomeKind, Opener>> = {
  memory: openMemoryParts,
  embedded: openEmbeddedParts,
  aws: openAwsParts,
};

export async function openTestHome(kind: HomeKind, options: HomeOptions = {}): Promise<TestHome> {
  const config = { ...readConfig({ PUBLIC_URL, LOG_LEVEL: 'silent' }), ...options.config };
  const leaks = watchLeaks(secretsOf(config));
  const opened = await OPENERS[kind](config, leaks.log(options.log ?? silentLog), options);
  const clock = new SettableClock(opened.context.deps.clock);
  const { tokens } = openDoors(config, clock);
  const deps = { ...opened.context.deps, ...auditWatched(opened.context.deps, leaks), clock };
  const composed = { ...opened.context, tokens, deps };
  const context = options.around?.(composed) ?? composed;
  const app = createApp(context);
  const request = async (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has('host')) headers.set('host', '127.0.0.1');
    const response = await app.request(new Request(`${PUBLIC_URL}${path}`, { ...init, headers }));
    if (response.headers.get('content-type') === PROBLEM_JSON) {
      leaks.text('An answer', await response.clone().text());
    }
    leaks.mustBeClean();
    return response;
  };
  return {
    context,
    clock,
    openSearch: opened.openSearch,
    request,
    async follow(url, init) {
      if (opened.servedBelow !== undefined && url.startsWith(opened.servedBelow)) return fetch(url, init);
      if (!url.startsWith(`${context.publicUrl}/`)) throw new Error(`${url} leads to another place.`);
      return request(url.slice(context.publicUrl.length), init);
    },
    stored: async () => ({ ...(await visible(composed)), unfinished: await opened.unfinished() }),
    async workOff() {
      await opened.workOff();
      leaks.mustBeClean();
    },
    async close() {
      await opened.close();
      leaks.mustBeClean();
    },
  };
}

/** What nobody may read: it signs. */
function secretsOf({ signingSecrets, auth }: Config): string[] {
  if (auth.kind === 'none') return [...signingSecrets];
  const shared = auth.keys.kind === 'secret' ? [auth.keys.secret] : [];
  return [...signingSecrets, ...shared, ...(auth.introspection ? [auth.introspection.secret.value] : [])];
}

/** The same, with a look at every event that is written down: alone, or with a change. */
function auditWatched({ audit, index }: AppContext['deps'], leaks: LeakWatch) {
  const changes: Readonly<Record<string, number>> = { insert: 3, replace: 4, remove: 3 };
  return {
    audit: leaks.given(audit, 'An event', ([name, event]) => (name === 'record' ? event : undefined)),
    index: leaks.given(index, 'An event', (call) => call[changes[String(call[0])] ?? call.length]),
  };
}

/**
 * A home for the suite that calls this, opened before its tests and closed after them.
 * @param options a function where they are known only once tests run.
 */
export function useHome(
  kind: HomeKind,
  options?: HomeOptions | (() => HomeOptions),
): Omit<TestHome, 'close'> {
  let opened: TestHome | undefined;
  const home = () => {
    if (!opened) throw new Error('The home is open only while tests run.');
    return opened;
  };
  beforeAll(async () => {
    opened = await openTestHome(kind, typeof options === 'function' ? options() : options);
  });
  afterAll(() => opened?.close());
  return {
    get context() {
      return home().context;
    },
    get clock() {
      return home().clock;
    },
    get openSearch() {
      return home().openSearch;
    },
    request: (path, init) => home().request(path, init),
    follow: (url, init) => home().follow(url, init),
    stored: () => home().stored(),
    workOff: () => home().workOff(),
  };
}

async function visible({ deps }: AppContext): Promise<Pick<Stored, 'objects' | 'records'>> {
  return { objects: await keysOf(deps.objects), records: await listed(deps.index, ALL) };
}

async function openMemoryParts(config: Config, log: Log): Promise<OpenedParts> {
  const publicUrl = config.publicUrl ?? PUBLIC_URL;
  const secrets = config.signingSecrets.length > 0 ? config.signingSecrets : [crypto.randomUUID()];
  const objectUrls = createSigner(secrets, 'object-urls');
  const objects = createMemoryObjectStore({ publicUrl, signer: objectUrls });
  const signer = createSigner(secrets, 'upload-urls');
  const uploads = createMemoryUploadStore({ publicUrl, signer, objects });
  const jobs = createMemoryJobQueue();
  const audit = createMemoryAuditTrail();
  const index = createMemoryImageIndex(jobs, audit);
  const context: AppContext = {
    deps: {
      index,
      search: createMemorySearchIndex(index),
      objects,
      uploads,
      jobs,
      keys: createMemoryIdempotencyKeys(),
      quotas: createMemoryQuotaLedger(),
      audit,
      links: createMemoryShareLinks(audit),
      webhooks: undefined,
      clock: createRecordClock(0),
      log,
      pageTokens: createSigner(secrets, 'page-tokens'),
      limits: {
        maxImageBytes: config.maxImageBytes,
        maxInlineBytes: config.maxImageBytes,
        maxPixels: config.maxImagePixels,
        acceptedTypes: config.acceptedTypes,
      },
      statusOnArrival: statusOnArrival(config),
      renderer: new ScriptedRenderer(),
      renderings: new Map(),
      rendersOnMiss: false,
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
    directUploads: { signer, inbox: uploads },
    ...openDoors(config),
  };
  const workOff = async () => {
    for (let job = jobs.jobs.shift(); job; job = jobs.jobs.shift()) {
      await doJob({ ...context.deps, scanner: undefined, searchFeed: undefined, keepGps: false }, job, {
        number: 1,
        isLast: false,
      });
    }
  };
  return { context, unfinished: async () => [], workOff, close: async () => {} };
}

async function openEmbeddedParts(config: Config, log: Log): Promise<OpenedParts> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tintype-home-'));
  const home = await openEmbeddedHome(config, { kind: 'embedded', dataDir }, log);
  return {
    context: home.contextFor(config.publicUrl ?? PUBLIC_URL),
    unfinished: () => readdir(join(dataDir, 'incoming')),
    workOff: () => home.workOff(),
    async close() {
      await home.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

async function openAwsParts(config: Config, log: Log, options: HomeOptions): Promise<OpenedParts> {
  const { clients, jobs, storage, bucketUrl, close } = await openInstallation();
  const { signingSecrets } = config;
  const signing = signingSecrets.length > 0 ? signingSecrets : [crypto.randomUUID()];
  const uploads = new S3UploadStore({ client: clients.s3, copier: clients.s3, bucket: storage.bucket });
  const renderer = openRenderer(config);
  const emulator = options.search ? await startOpenSearch() : undefined;
  const searched = emulator && { url: emulator.url, index: 'images', signed: false };
  const search = searched && openSearchIndex(searched, clients);
  const searchFeed = searched && openSearchFeed(storage, searched, clients);
  await searchFeed?.writer.prepare();
  const opening = { openLinks: openAwsLinks, openWebhooks: openAwsWebhooks };
  const queueing = search && { searchedChanges };
  const parts = { clients, jobs, log, uploads, renderer, search, ...queueing, ...opening };
  const { contextFor, outbox } = composeOverAws({ ...config, signingSecrets: signing }, storage, parts);
  const context = { ...contextFor(config.publicUrl ?? PUBLIC_URL), ...openDoors(config) };
  const scanner = await openScanner(config.scanner, log, () => openGuardDuty(storage, clients));
  const { keepGps } = config.processing;
  const jobDeps = { ...context.deps, scanner, searchFeed, keepGps };
  return {
    context,
    ...(emulator ? { openSearch: emulator } : {}),
    async workOff() {
      await workOffQueue(
        { client: clients.sqs, queueUrl: storage.jobsQueueUrl },
        async (text) => {
          const { job, noted } = receivedJob(text);
          if (noted) await outbox.forget(noted);
          await doJob(jobDeps, job, { number: 1, isLast: false });
        },
        log,
      );
      emulator?.indexOf('images')?.refresh();
    },
    servedBelow: bucketUrl,
    // What has not been committed is in memory only.
    unfinished: async () => [],
    async close() {
      await renderer.close();
      await emulator?.stop();
      await close();
    },
  };
}
