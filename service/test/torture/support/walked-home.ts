import { Readable } from 'node:stream';
import type { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import type { ImageRecord } from '../../../src/domain/image.ts';
import type { ImageId } from '../../../src/domain/image-id.ts';
import type { Job, JobKind } from '../../../src/domain/job.ts';
import { createCloudFrontCache, createCloudFrontClient } from '../../../src/drivers/aws/cloudfront-cache.ts';
import { DynamoImageRecords } from '../../../src/drivers/aws/dynamo-image-records.ts';
import { GuardDutyScanner } from '../../../src/drivers/aws/guardduty-scanner.ts';
import { messageOf, receivedJob } from '../../../src/drivers/aws/job-message.ts';
import { doJob, type JobDeps } from '../../../src/operations/background/do-job.ts';
import type { Deps } from '../../../src/operations/deps.ts';
import type { SearchWriter } from '../../../src/ports/search-writer.ts';
import type { WebhookSender } from '../../../src/ports/webhook-sender.ts';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../../emulators/credentials.ts';
import { type FaultyHome, openFaultyHome } from '../../support/faulty-home.ts';
import { silentLog } from '../../support/silent-log.ts';
import { workOffQueue } from '../../support/work-off-queue.ts';

/** Every job is handed out for the first time, as far as it knows. */
const ATTEMPT = { number: 1, isLast: false };

/** A message to a webhook, as its receiver got it. */
export interface SentMessage {
  readonly id: string;
  readonly body: string;
}

/** Takes messages to webhooks, and answers what it is told to. */
class ReceivingSender implements WebhookSender {
  readonly sent: SentMessage[] = [];
  status = 204;

  async post(_url: URL, headers: Readonly<Record<string, string>>, body: string) {
    this.sent.push({ id: headers['webhook-id'] ?? '', body });
    const { status } = this;
    return { outcome: status < 300 ? 'delivered' : 'answered', status } as const;
  }

  allows(): boolean {
    return true;
  }
}

/** Keeps what was written, an entry for each image. */
class RememberingSearch implements SearchWriter {
  readonly found = new Map<ImageId, ImageRecord | undefined>();

  async write(entries: Parameters<SearchWriter['write']>[0]) {
    for (const { image_id, record } of entries) this.found.set(image_id, record);
    return [];
  }
}

const INVALIDATION =
  '<Invalidation><Id>I1</Id><Status>InProgress</Status><CreateTime>2026-05-04T03:02:01.000Z</CreateTime></Invalidation>';

/** A client of CloudFront, which no emulator has: everything is answered as it does, and what was asked is kept. */
function answeringCloudFront(): { readonly client: CloudFrontClient; readonly asked: string[] } {
  const asked: string[] = [];
  const client = createCloudFrontClient({ region: EMULATOR_REGION, credentials: EMULATOR_CREDENTIALS });
  const handler: { handle: (request: { readonly body?: unknown }) => Promise<unknown> } =
    client.config.requestHandler;
  handler.handle = async ({ body }) => {
    asked.push(String(body));
    return {
      response: {
        statusCode: 201,
        headers: { 'content-type': 'application/xml' },
        body: Readable.from([Buffer.from(INVALIDATION)]),
      },
    };
  };
  return { client, asked };
}

export interface WalkedHomeOptions {
  readonly variables: Readonly<Record<string, string>>;
  /** Whether something is made of images. */
  readonly processes: boolean;
}

/** A home with faults on its way to AWS in which jobs are done with all that functions have for them. */
export async function openWalkedHome({ variables, processes }: WalkedHomeOptions) {
  const sender = new ReceivingSender();
  const search = new RememberingSearch();
  const cloudFront = answeringCloudFront();
  const edge = createCloudFrontCache({ client: cloudFront.client, distributionId: 'E1A2B3C4D5E6F7' });
  const jobDeps = (deps: Deps): JobDeps => ({
    ...deps,
    webhooks: deps.webhooks && { ...deps.webhooks, sender },
    scanner: variables['SCANNER'] === 'guardduty' ? scanner() : undefined,
    searchFeed: { records: records(), writer: search },
    edge,
    keepGps: false,
  });
  const work = async (deps: Deps, job: Job) => {
    if (job.kind === 'process-image' && !processes) return;
    await doJob(jobDeps(deps), job, ATTEMPT);
  };
  const home: FaultyHome = await openFaultyHome({ variables, work });
  const { clients, storage } = home;
  const scanner = () => new GuardDutyScanner({ client: clients.s3, bucket: storage.bucket });
  const records = () =>
    new DynamoImageRecords({ client: clients.dynamodb, table: storage.tables.images, pause: async () => {} });
  home.faults.attach(cloudFront.client);
  return {
    ...home,
    sender,
    search,
    /** What the caches were told to forget, each time. */
    forgotten: cloudFront.asked,
    /** What jobs are done with. */
    jobDeps: () => jobDeps(home.deps),
    /** Does what a message says, as the function does that is handed it. */
    hand: (text: string) => home.receive(text, ATTEMPT),
    /** Takes the one message out of the queue that is of a kind and holds a text; all others are done. */
    async take(kind: JobKind, holding: string): Promise<string> {
      const taken: string[] = [];
      const sort = async (text: string) => {
        const isIt = receivedJob(text).job.kind === kind && text.includes(holding);
        if (isIt) taken.push(text);
        else await home.receive(text, ATTEMPT);
      };
      await workOffQueue(home.queue, sort, silentLog);
      const [text, ...others] = taken;
      if (text === undefined || others.length > 0) throw new Error(`There are ${taken.length} of ${kind}.`);
      return text;
    },
    /** A job as a message that nobody has written down. */
    message: (job: Job) => messageOf(job),
  };
}

export type WalkedHome = Awaited<ReturnType<typeof openWalkedHome>>;
