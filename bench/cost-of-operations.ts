import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { composeOverAws } from '../service/src/compose/aws-context.ts';
import { openAwsLinks } from '../service/src/compose/aws-links.ts';
import { openDoors } from '../service/src/compose/doors.ts';
import { openSearchFeed, openSearchIndex } from '../service/src/compose/opensearch.ts';
import { readConfig } from '../service/src/config/config.ts';
import type { AuditEvent } from '../service/src/domain/audit-event.ts';
import { ANONYMOUS } from '../service/src/domain/caller.ts';
import { newImageId } from '../service/src/domain/image-id.ts';
import { receivedJob } from '../service/src/drivers/aws/job-message.ts';
import { createApp } from '../service/src/http/app.ts';
import { doJob } from '../service/src/operations/background/do-job.ts';
import { syncChangedImages } from '../service/src/operations/background/sync-search.ts';
import type { Deps } from '../service/src/operations/deps.ts';
import { listImages, listImagesQuery } from '../service/src/operations/list-images.ts';
import type { AuditTrail } from '../service/src/ports/audit-trail.ts';
import type { ImageIndex } from '../service/src/ports/image-index.ts';
import { startOpenSearch } from '../service/test/emulators/opensearch/opensearch.ts';
import type { AwsInstallation } from '../service/test/support/make-installation.ts';
import { ScriptedRenderer } from '../service/test/support/scripted-renderer.ts';
import { countCapacity, countRequests } from '../service/test/support/sdk-meter.ts';
import { SMALL_IMAGES } from '../service/test/support/small-images.ts';
import { seededRandom } from './seeded-random.ts';
import { tagsOf, USUAL_USER, usualEvent, usualRecord } from './usual-record.ts';

/** What one call of an operation consumes on AWS, with records and rows under 1 KB. */
export interface OperationCost {
  readonly operation: string;
  readonly read_units: number;
  readonly write_units: number;
  readonly dynamodb: Readonly<Record<string, number>>;
  readonly s3: Readonly<Record<string, number>>;
}

const PAGE = 50;

/** Numbers of tags with which writes are measured: none, the usual five, the most, and one between. */
export const TAG_COUNTS = [0, 5, 10, 20] as const;

type App = ReturnType<typeof createApp>;

/** Calls an operation, and keeps what it consumes. */
type Measure = (operation: string, call: () => Promise<Response> | Response) => Promise<Response>;

/** Calls every operation, and each kind of listing for a full page, and adds up what DynamoDB says it consumed. */
export async function measureCosts(aws: AwsInstallation): Promise<OperationCost[]> {
  const config = readConfig({ ...aws.environment, LOG_LEVEL: 'silent' });
  const log = { info() {}, warn() {}, error() {} };
  const { clients, jobs } = aws;
  const requests = countRequests(clients);
  const capacity = countCapacity(clients.dynamodb);
  const renderer = new ScriptedRenderer();
  const made = { clients, jobs, log, renderer, openLinks: openAwsLinks };
  const { contextFor, outbox } = composeOverAws(config, aws.storage, made);
  const parts = contextFor('http://127.0.0.1');
  const app = createApp({ ...parts, ...openDoors(config), localOnly: false });
  const first = await fill(parts.deps.index);
  const refusal = await fillAudit(parts.deps.audit);
  const costs: OperationCost[] = [];
  const count = async <Result>(operation: string, work: () => Promise<Result> | Result) => {
    requests.take();
    capacity.take();
    const result = await work();
    const { dynamodb, s3 } = requests.take();
    costs.push({ operation, ...capacity.take(), dynamodb, s3 });
    return result;
  };
  const measure: Measure = (operation, call) =>
    count(operation, async () => {
      const response = await call();
      if (response.status >= 400) throw new Error(`${operation} answered ${response.status}.`);
      return response;
    });
  /** What a function is handed for an image, and what that takes: the note goes first, as in every function. */
  const work = async (kind: 'process-image' | 'withdraw-image', image_id: string, operation: string) => {
    const { job, noted } = await jobOf(aws, kind, image_id);
    await count(operation, async () => {
      if (noted) await outbox.forget(noted);
      const deps = { ...parts.deps, scanner: undefined, searchFeed: undefined, keepGps: false };
      await doJob(deps, job, { number: 1, isLast: false });
    });
  };
  await measure('view-image', () => app.request(`/images/${first}`));
  await measure('view-image-content', () => app.request(`/images/${first}/content`));
  await measure('list-images, 50 of a user', () => app.request('/images?user_id=alice'));
  await measure('list-images, 50 of a user and tag', () => app.request('/images?user_id=alice&tag=bird'));
  await measure('list-images, 50 of a user and 2 tags', () =>
    app.request('/images?user_id=alice&tag=bird&tag=dusk'),
  );
  await measure('list-images, 50 of all', () => app.request('/images'));
  await measure('list-images, 50 of a tag', () => app.request('/images?tag=bird'));
  await measure('list-audit-events, 50 of a user', () => app.request('/audit-events?user_id=alice'));
  await measure('list-audit-events, 50 of all', () => app.request('/audit-events'));
  await measureSearch(aws, parts.deps, count);
  await count('a refusal of a caller who is known', () => parts.deps.audit.record(refusal));
  await measureLinks(app, first, measure);
  for (const tags of TAG_COUNTS) {
    const uploaded = await measure(`upload-image, ${tags} tags`, () => upload(app, queryOf(tags)));
    const id = await idOf(uploaded);
    const path = `/images/${id}`;
    await work('process-image', id, `process-image, ${tags} tags`);
    await measure(`update-image, title, ${tags} tags`, () => app.request(path, RENAME));
    await measure(`delete-image, ${tags} tags`, () => app.request(path, { method: 'DELETE' }));
    await work('withdraw-image', id, `withdraw-image, ${tags} tags`);
  }
  const kept = await measure('upload-image, 5 tags, with an idempotency key', () =>
    upload(app, queryOf(5), { 'idempotency-key': 'measured' }),
  );
  const path = `/images/${await idOf(kept)}/content`;
  await measure('replace-image, 5 tags', () => app.request(path, { method: 'PUT', ...smallImage() }));
  return costs;
}

/** A page of what is found by its words, and how searches come to see that many changes; OpenSearch itself is paid by the hour. */
async function measureSearch(
  { clients, storage }: AwsInstallation,
  deps: Deps,
  count: <Result>(operation: string, work: () => Promise<Result>) => Promise<Result>,
): Promise<void> {
  const engine = await startOpenSearch({ refreshed: true });
  try {
    const search = { url: engine.url, index: 'images', signed: false };
    const searchFeed = openSearchFeed(storage, search, clients);
    const filter = { user_id: 'alice', tags: [], uploaded: {} };
    const { items } = await deps.index.list({ ...filter, order: 'newest' }, PAGE, null);
    const ids = items.map(({ image_id }) => image_id);
    await count('sync-search, 50 changes', () => syncChangedImages({ ...deps, searchFeed }, ids));
    const searching = { ...deps, search: openSearchIndex(search, clients) };
    const { items: found } = await count('list-images, 50 found by words', () =>
      listImages(searching, ANONYMOUS, listImagesQuery.parse({ q: 'osprey', user_id: 'alice' })),
    );
    if (found.length !== PAGE) throw new Error(`${found.length} images were found.`);
  } finally {
    await engine.stop();
  }
}

/** A link's life; opened where its row is as long as it becomes. */
async function measureLinks(app: App, image_id: string, measure: Measure): Promise<void> {
  const links = `/images/${image_id}/links`;
  const create: RequestInit = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  };
  const created = await measure('create-link', () => app.request(links, create));
  const { link_id } = (await created.json()) as { link_id: string };
  await measure('open-link', () => app.request(`/links/${link_id}`));
  await measure('list-links', () => app.request(links));
  await measure('revoke-link', () => app.request(`${links}/${link_id}`, { method: 'DELETE' }));
}

/** More than a page of alice's images, in shards by chance, but by the same chance each time; the id of one. */
async function fill(index: ImageIndex): Promise<string> {
  const random = seededRandom(1);
  const tags = ['bird', 'dusk', 'lake', 'osprey', 'wings'];
  const start = Date.parse('2026-05-04T03:02:01.000Z');
  let image_id = '';
  for (let made = 0; made < PAGE + 10; made++) {
    const end = Math.floor(random() * 2 ** 32);
    image_id = newImageId(start + made).slice(0, -8) + end.toString(16).padStart(8, '0');
    const upload_time = new Date(start + made).toISOString();
    await index.insert(usualRecord({ image_id, user_id: 'alice', upload_time, tags }));
  }
  return image_id;
}

/** More than a page of what alice did a day ago, spread over shards as her images are; and something refused to her. */
async function fillAudit(audit: AuditTrail): Promise<AuditEvent> {
  const random = seededRandom(2);
  const start = Date.now() - 86_400_000;
  const events = Array.from({ length: PAGE + 11 }, (_, made) => {
    const end = Math.floor(random() * 2 ** 32);
    const event_id = newImageId(start + made).slice(0, -8) + end.toString(16).padStart(8, '0');
    return usualEvent({ event_id, user_id: 'alice', at: new Date(start + made).toISOString() });
  });
  const [last, ...others] = events.reverse();
  for (const event of others) await audit.record(event);
  if (!last) throw new Error('There are no events.');
  return { ...last, outcome: 'refused' };
}

const RENAME = {
  method: 'PATCH',
  headers: { 'content-type': 'application/json' },
  body: '{"title":"Another"}',
};

/** An image of a user whose id is a UUID, as many are. */
function queryOf(tags: number): string {
  return `user_id=${USUAL_USER}&title=Osprey+at+dusk&filename=osprey.jpg&tags=${tagsOf(tags).join(',')}`;
}

function upload(
  app: App,
  query: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> | Response {
  const { headers, body } = smallImage();
  return app.request(`/images?${query}`, { method: 'POST', headers: { ...headers, ...more }, body });
}

function smallImage() {
  const body = new Uint8Array(SMALL_IMAGES['image/jpeg'].bytes);
  // With the length, as clients send it: of an unknown one the quota takes two updates.
  return { headers: { 'content-type': 'image/jpeg', 'content-length': String(body.length) }, body };
}

/** Takes the job of an image out of the queue, and the others with it. */
async function jobOf(
  { clients: { sqs }, storage }: AwsInstallation,
  kind: 'process-image' | 'withdraw-image',
  image_id: string,
) {
  const QueueUrl = storage.jobsQueueUrl;
  for (let asked = 0; asked < 100; asked++) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
    for (const { Body = '', ReceiptHandle } of Messages) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      const received = receivedJob(Body);
      const { job } = received;
      if (job.kind === kind && job.image_id === image_id) return received;
    }
  }
  throw new Error(`There is no ${kind} of ${image_id} in the queue.`);
}

async function idOf(response: Response): Promise<string> {
  const { image_id } = (await response.json()) as { image_id: string };
  return image_id;
}
