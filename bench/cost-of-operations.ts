import { composeOverAws } from '../service/src/compose/aws-context.ts';
import { readConfig } from '../service/src/config/config.ts';
import { createApp } from '../service/src/http/app.ts';
import type { AwsInstallation } from '../service/test/support/make-installation.ts';
import { countCapacity, countRequests } from '../service/test/support/sdk-meter.ts';
import { SMALL_IMAGES } from '../service/test/support/small-images.ts';

/** What one call of an operation consumes on AWS, with records and rows under 1 KB. */
export interface OperationCost {
  readonly operation: string;
  readonly read_units: number;
  readonly write_units: number;
  readonly dynamodb: Readonly<Record<string, number>>;
  readonly s3: Readonly<Record<string, number>>;
}

/** A usual record: a title, a name, five tags. */
const QUERY = 'user_id=alice&title=Osprey+at+dusk&filename=osprey.jpg&tags=bird,dusk,lake,osprey,wings';
const PAGE = 50;

/** Calls every operation, and each kind of listing for a full page, and adds up what DynamoDB says it consumed. */
export async function measureCosts(aws: AwsInstallation): Promise<OperationCost[]> {
  const config = readConfig({ ...aws.environment, LOG_LEVEL: 'silent' });
  const log = { info() {}, warn() {}, error() {} };
  const { clients, jobs } = aws;
  const requests = countRequests(clients);
  const capacity = countCapacity(clients.dynamodb);
  const context = composeOverAws(config, aws.storage, { clients, jobs, log });
  const app = createApp({ ...context('http://127.0.0.1'), localOnly: false });
  const upload = () =>
    app.request(`/images?${QUERY}`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: new Uint8Array(SMALL_IMAGES['image/jpeg'].bytes),
    });
  const first = await idOf(await upload());
  for (let made = 1; made < PAGE + 10; made++) await upload();
  const costs: OperationCost[] = [];
  const measure = async (operation: string, call: () => Promise<Response> | Response) => {
    requests.take();
    capacity.take();
    const response = await call();
    if (response.status >= 400) throw new Error(`${operation} answered ${response.status}.`);
    const { dynamodb, s3 } = requests.take();
    costs.push({ operation, ...capacity.take(), dynamodb, s3 });
  };
  const json = { 'content-type': 'application/json' };
  await measure('upload-image, 5 tags', upload);
  await measure('view-image', () => app.request(`/images/${first}`));
  await measure('view-image-content', () => app.request(`/images/${first}/content`));
  await measure('list-images, 50 of a user', () => app.request('/images?user_id=alice'));
  await measure('list-images, 50 of a user and tag', () => app.request('/images?user_id=alice&tag=bird'));
  await measure('list-images, 50 of a user and 2 tags', () =>
    app.request('/images?user_id=alice&tag=bird&tag=dusk'),
  );
  await measure('list-images, 50 of all', () => app.request('/images'));
  await measure('list-images, 50 of a tag', () => app.request('/images?tag=bird'));
  await measure('update-image, title', () =>
    app.request(`/images/${first}`, { method: 'PATCH', headers: json, body: '{"title":"Another"}' }),
  );
  await measure('delete-image, 5 tags', () => app.request(`/images/${first}`, { method: 'DELETE' }));
  return costs;
}

async function idOf(response: Response): Promise<string> {
  const { image_id } = (await response.json()) as { image_id: string };
  return image_id;
}
