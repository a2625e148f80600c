import { composeOverAws } from '../service/src/compose/aws-context.ts';
import { readConfig } from '../service/src/config/config.ts';
import { newImageId } from '../service/src/domain/image-id.ts';
import { createApp } from '../service/src/http/app.ts';
import type { ImageIndex } from '../service/src/ports/image-index.ts';
import type { AwsInstallation } from '../service/test/support/make-installation.ts';
import { countCapacity, countRequests } from '../service/test/support/sdk-meter.ts';
import { SMALL_IMAGES } from '../service/test/support/small-images.ts';
import { seededRandom } from './seeded-random.ts';
import { tagsOf, USUAL_USER, usualRecord } from './usual-record.ts';

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

/** Calls every operation, and each kind of listing for a full page, and adds up what DynamoDB says it consumed. */
export async function measureCosts(aws: AwsInstallation): Promise<OperationCost[]> {
  const config = readConfig({ ...aws.environment, LOG_LEVEL: 'silent' });
  const log = { info() {}, warn() {}, error() {} };
  const { clients, jobs } = aws;
  const requests = countRequests(clients);
  const capacity = countCapacity(clients.dynamodb);
  const { contextFor: context } = composeOverAws(config, aws.storage, { clients, jobs, log });
  const parts = context('http://127.0.0.1');
  const app = createApp({ ...parts, localOnly: false });
  const first = await fill(parts.deps.index);
  const costs: OperationCost[] = [];
  const measure = async (operation: string, call: () => Promise<Response> | Response) => {
    requests.take();
    capacity.take();
    const response = await call();
    if (response.status >= 400) throw new Error(`${operation} answered ${response.status}.`);
    const { dynamodb, s3 } = requests.take();
    costs.push({ operation, ...capacity.take(), dynamodb, s3 });
    return response;
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
  for (const count of TAG_COUNTS) {
    const uploaded = await measure(`upload-image, ${count} tags`, () => upload(app, queryOf(count)));
    const path = `/images/${await idOf(uploaded)}`;
    await measure(`update-image, title, ${count} tags`, () => app.request(path, RENAME));
    await measure(`delete-image, ${count} tags`, () => app.request(path, { method: 'DELETE' }));
  }
  return costs;
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

const RENAME = {
  method: 'PATCH',
  headers: { 'content-type': 'application/json' },
  body: '{"title":"Another"}',
};

/** An image of a user whose id is a UUID, as many are. */
function queryOf(tags: number): string {
  return `user_id=${USUAL_USER}&title=Osprey+at+dusk&filename=osprey.jpg&tags=${tagsOf(tags).join(',')}`;
}

function upload(app: App, query: string): Promise<Response> | Response {
  const body = new Uint8Array(SMALL_IMAGES['image/jpeg'].bytes);
  // With the length, as clients send it: of an unknown one the quota takes two updates.
  const headers = { 'content-type': 'image/jpeg', 'content-length': String(body.length) };
  return app.request(`/images?${query}`, {
    method: 'POST',
    headers,
    body,
  });
}

async function idOf(response: Response): Promise<string> {
  const { image_id } = (await response.json()) as { image_id: string };
  return image_id;
}
