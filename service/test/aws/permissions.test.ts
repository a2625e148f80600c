import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { permissionsOf, queueFeeding } from '../../../infra/src/permissions.ts';
import { type AwsHome, composeOverAws } from '../../src/compose/aws-context.ts';
import { openAwsLinks } from '../../src/compose/aws-links.ts';
import { openAwsWebhooks } from '../../src/compose/aws-webhooks.ts';
import { openDoors } from '../../src/compose/doors.ts';
import { openSearchFeed, openSearchIndex } from '../../src/compose/opensearch.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Scope } from '../../src/domain/caller.ts';
import { isImageId, newImageId } from '../../src/domain/image-id.ts';
import { createCloudFrontCache } from '../../src/drivers/aws/cloudfront-cache.ts';
import { GuardDutyScanner } from '../../src/drivers/aws/guardduty-scanner.ts';
import { receivedJob } from '../../src/drivers/aws/job-message.ts';
import { S3UploadStore } from '../../src/drivers/aws/s3-upload-store.ts';
import { createSqsJobQueue } from '../../src/drivers/aws/sqs-job-queue.ts';
import { createOperationApp } from '../../src/http/base-app.ts';
import { ROUTES } from '../../src/http/routes/index.ts';
import { syncChangedImages, syncSearch } from '../../src/operations/background/sync-search.ts';
import {
  BACKGROUND,
  FUNCTIONS,
  type FunctionName,
  type Operation,
  type OperationName,
} from '../../src/operations/manifest.ts';
import type { BackgroundRow, FunctionRow } from '../../src/operations/manifest-rows.ts';
import { type OpenSearchEmulator, startOpenSearch } from '../emulators/opensearch/opensearch.ts';
import { expectEmpty, expectImage, expectList, expectProblem, type Image } from '../support/answers.ts';
import { type AwsOnEmulators, startAwsOnEmulators } from '../support/aws-emulators.ts';
import {
  answerLost,
  DYNAMODB_DOWN,
  Faults,
  type FaultyRequests,
  PUT,
  S3_DOWN,
  TRANSACTION,
} from '../support/faults.ts';
import { notWhenLarge, onlyWhenLarge } from '../support/large.ts';
import { makeQueuesByKind, takeJobs } from '../support/queues-by-kind.ts';
import { recordCalls } from '../support/recorded-calls.ts';
import { ScriptedRenderer } from '../support/scripted-renderer.ts';
import { silentLog } from '../support/silent-log.ts';
import { type Fields, newPng, uploadCall } from '../support/uploads.ts';
import {
  cleanUpObjects,
  eraseTheirImages,
  type JobGround,
  processImages,
  purgeTheTrash,
  resendTheJobs,
  withdrawImages,
} from './job-journeys.ts';
import {
  deleteSeveral,
  eraseUsers,
  listVersions,
  renderImages,
  renderMissingOnes,
  replaceImages,
  restoreImages,
  restoreVersions,
} from './keeping-journeys.ts';
import { createLinks, listLinks, openLinks, revokeLinks } from './link-journeys.ts';
import { needsOf } from './needs-of-calls.ts';
import { secretsOf } from './secrets-of-functions.ts';
import {
  completeUploads,
  expireDueUploads,
  finishUploads,
  listParts,
  type Request,
  started,
  startUploads,
} from './upload-journeys.ts';
import {
  announceEvents,
  createWebhooks,
  deleteWebhooks,
  listDeliveries,
  listWebhooks,
  replayDeliveries,
  retryTheDeliveries,
  rotateSecrets,
} from './webhook-journeys.ts';

const PUBLIC_URL = 'https://api.example.com';

let aws: AwsOnEmulators;
let calls: ReturnType<typeof recordCalls>;
const faults = new Faults();
let openSearch: OpenSearchEmulator;

beforeAll(async () => {
  aws = await startAwsOnEmulators();
  openSearch = await startOpenSearch({ refreshed: true });
  await makeQueuesByKind(aws);
  calls = recordCalls(aws.clients);
  openSearch.instead = noted;
  for (const client of [aws.clients.dynamodb, aws.clients.s3, aws.clients.sqs]) faults.attach(client);
});

afterAll(async () => {
  await openSearch.stop();
  await aws.stop();
});

/** The pauses between tries are random shares of a length that grows: here they are always the smallest. */
beforeEach(() => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  return () => {
    random.mockRestore();
    faults.set();
  };
});

/** The words of the manifest, one each: `images:get`, `jobs:process-image`. */
const touchesOf = ({ touches }: FunctionRow) =>
  Object.entries(touches).flatMap(([part, how]: [string, string | readonly string[]]) =>
    [how].flat().map((each) => `${part}:${each}`),
  );

/** What Lambda itself needs of the role, before and beside our code: no call of ours. */
const LAMBDAS_OWN = ['log', 'traces'];

function grantsOf(row: FunctionRow): string[] {
  return permissionsOf(row, undefined)
    .filter(({ resource }) => !LAMBDAS_OWN.includes(resource))
    .flatMap(({ actions, resource }) => actions.map((action) => `${action} on ${resource}`));
}

const sorted = (texts: Iterable<string>) => [...new Set(texts)].sort();

/** The parts of one function when it starts: with nothing remembered. */
function homeOfOneFunction(variables: Readonly<Record<string, string>> = {}): AwsHome {
  const { clients, storage, environment } = aws;
  // Where webhooks are told of changes, whoever makes one queues a job more.
  const all = { ...environment, PUBLIC_URL, ALLOW_ANONYMOUS: 'true', WEBHOOKS: 'internal', ...variables };
  const config = readConfig(all);
  const { jobsQueueUrl: queueUrl } = storage;
  return composeOverAws(config, storage, {
    clients,
    jobs: createSqsJobQueue({ client: clients.sqs, queueUrl, queuePerKind: true }),
    // In a function copies have a client of their own, whose calls would not be seen here.
    uploads: new S3UploadStore({ client: clients.s3, copier: clients.s3, bucket: storage.bucket }),
    renderer: new ScriptedRenderer(),
    search:
      config.storage.kind === 'aws' && config.storage.search
        ? openSearchIndex(config.storage.search, clients)
        : undefined,
    openLinks: openAwsLinks,
    openWebhooks: openAwsWebhooks,
    log: silentLog,
  });
}

/** The app of one function. */
function functionNamed(name: OperationName, variables?: Readonly<Record<string, string>>): Request {
  const app = createOperationApp(
    {
      ...homeOfOneFunction(variables).contextFor(PUBLIC_URL),
      ...openDoors(readConfig({ PUBLIC_URL, ALLOW_ANONYMOUS: 'true' })),
    },
    ROUTES[name],
  );
  return async (path, init) => app.request(`${PUBLIC_URL}${path}`, init);
}

function send(
  request: Request,
  fields: Fields = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  const { path, init } = uploadCall('raw bytes', newPng(), {
    user_id: 'alice',
    tags: ['sea', 'dusk'],
    ...fields,
  });
  return request(path, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers } });
}

/** By the function for it, so that it is no call of the one that is looked at. */
async function uploaded(): Promise<Image> {
  return calls.aside(async () => expectImage(await send(functionNamed('upload-image')), 201));
}

async function failing(faulty: readonly FaultyRequests[], attempt: () => Promise<Response>): Promise<void> {
  faults.set(...faulty);
  expect((await attempt()).status).toBe(503);
  faults.set();
}

/** What the journeys of direct uploads are made over. */
const GROUND: JobGround = {
  functionNamed,
  newDeps: () => homeOfOneFunction().contextFor(PUBLIC_URL).deps,
  aside: (work) => calls.aside(work),
  failing,
  uploaded,
  failOn: (...faulty) => faults.set(...faulty),
  scanner: () => new GuardDutyScanner({ client: aws.clients.s3, bucket: aws.storage.bucket }),
  async receive(kind, holding) {
    const [text, ...others] = await calls.aside(() => takeJobs(aws, kind, holding));
    if (text === undefined || others.length > 0) throw new Error(`There is not one ${kind} in its queue.`);
    const { job, noted } = receivedJob(text);
    if (noted) await homeOfOneFunction().outbox.forget(noted);
    return job;
  },
  outbox: () => homeOfOneFunction().outbox,
  edge: () => createCloudFrontCache({ client: calls.ofCloudFront(), distributionId: 'E1A2B3C4D5E6F7' }),
};

const patch = (body: object): RequestInit => ({
  method: 'PATCH',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** Requests of search are calls as well. */
const noted: OpenSearchEmulator['instead'] = ({ method, path }) => {
  calls.note('OpenSearch', { method, path });
  return undefined;
};

/** What a function keeps the search index with. */
function feedOfSearch() {
  const { storage } = readConfig({ ...aws.environment, OPENSEARCH_URL: openSearch.url });
  if (storage.kind !== 'aws' || !storage.search) throw new Error('There is no search.');
  return { searchFeed: openSearchFeed(storage, storage.search, aws.clients) };
}

/** All that each function can come to, failures included. The types demand a journey for each row. */
const JOURNEYS: { readonly [Name in FunctionName]: () => Promise<void> } = {
  async 'upload-image'() {
    const request = functionNamed('upload-image');
    await expectImage(await send(request), 201);
    // The put is stored, and nobody is told: it has to look whose it is, and to take its own back.
    await failing([{ ...PUT, fault: answerLost }], () => send(request));
    // The record cannot be written: is it there? The bytes go, and a job looks again.
    await failing([{ ...TRANSACTION, fault: DYNAMODB_DOWN }], () => send(request));
    // Under a key that is kept; and under one that is let go, because nothing has come of it.
    await expectImage(await send(request, {}, { 'idempotency-key': 'kept' }), 201);
    const wrong = { checksum_sha256: '0'.repeat(64) };
    expect((await send(request, wrong, { 'idempotency-key': 'let-go' })).status).toBe(400);
  },
  'start-upload': () => startUploads(GROUND),
  'list-parts': () => listParts(GROUND),
  'complete-upload': () => completeUploads(GROUND),
  async 'list-images'() {
    const request = functionNamed('list-images');
    await expectList(await request('/images'));
    await expectList(await request('/images?user_id=alice&tag=sea&tag=dusk'));
    await expectList(await request('/images?tag=sea&tag=dusk&limit=1'));
    const { image_id } = await uploaded();
    const deps = { ...GROUND.newDeps(), ...feedOfSearch() };
    await calls.aside(() => syncChangedImages(deps, [image_id].filter(isImageId)));
    const finding = functionNamed('list-images', { OPENSEARCH_URL: openSearch.url });
    expect((await expectList(await finding('/images?q=sea'))).items).toHaveLength(1);
  },
  async 'view-image'() {
    const { image_id } = await uploaded();
    await expectImage(await functionNamed('view-image')(`/images/${image_id}?download=true`));
  },
  async 'view-image-content'() {
    const { image_id } = await uploaded();
    const response = await functionNamed('view-image-content')(`/images/${image_id}/content`);
    expect(response.status).toBe(302);
  },
  async 'update-image'() {
    const { image_id } = await uploaded();
    const request = functionNamed('update-image');
    await expectImage(
      await request(`/images/${image_id}`, patch({ title: 'Evening', tags: ['dusk', 'gull'] })),
    );
    await failing([{ ...TRANSACTION, fault: DYNAMODB_DOWN }], () =>
      request(`/images/${image_id}`, patch({ title: null })),
    );
  },
  async 'delete-image'() {
    const [first, second, third] = [await uploaded(), await uploaded(), await uploaded()];
    const request = functionNamed('delete-image');
    const remove = (image: Image) => request(`/images/${image.image_id}`, { method: 'DELETE' });
    await expectEmpty(await remove(first), 204);
    await failing([{ at: 'S3 DELETE', fault: S3_DOWN }], () => remove(second));
    await failing([{ ...TRANSACTION, fault: DYNAMODB_DOWN }], () => remove(third));
    const { image } = await started(GROUND, { method: 'parts', size_bytes: 1000 });
    await expectEmpty(await remove(image), 204);
    const kept = await uploaded();
    const toTrash = functionNamed('delete-image', { TRASH_DAYS: '1' });
    await expectEmpty(await toTrash(`/images/${kept.image_id}`, { method: 'DELETE' }), 204);
  },
  'restore-image': () => restoreImages(GROUND),
  'replace-image': () => replaceImages(GROUND),
  'list-versions': () => listVersions(GROUND),
  'restore-version': () => restoreVersions(GROUND),
  'render-image': () => renderImages(GROUND),
  'delete-images': () => deleteSeveral(GROUND),
  'erase-user': () => eraseUsers(GROUND),
  'create-link': () => createLinks(GROUND),
  'list-links': () => listLinks(GROUND),
  'revoke-link': () => revokeLinks(GROUND),
  'open-link': () => openLinks(GROUND),
  async 'get-usage'() {
    expect((await functionNamed('get-usage')('/users/alice/usage')).status).toBe(200);
  },
  async 'list-audit-events'() {
    const request = functionNamed('list-audit-events');
    for (const query of ['', '?user_id=alice&limit=1', '?outcome=refused']) {
      expect((await request(`/audit-events${query}`)).status).toBe(200);
    }
  },
  'create-webhook': () => createWebhooks(GROUND),
  'list-webhooks': () => listWebhooks(GROUND),
  'delete-webhook': () => deleteWebhooks(GROUND),
  'rotate-webhook-secret': () => rotateSecrets(GROUND),
  'list-deliveries': () => listDeliveries(GROUND),
  'replay-delivery': () => replayDeliveries(GROUND),
  'announce-event': () => announceEvents(GROUND),
  'retry-deliveries': () => retryTheDeliveries(GROUND),
  'clean-up-object': () => cleanUpObjects(GROUND),
  'finish-upload': () => finishUploads(GROUND),
  'process-image': () => processImages(GROUND),
  'render-missing': () => renderMissingOnes(GROUND),
  'withdraw-image': () => withdrawImages(GROUND),
  'erase-images': () => eraseTheirImages(GROUND),
  'purge-trash': () => purgeTheTrash(GROUND),
  async 'sync-search'() {
    openSearch.clear();
    const { image_id } = await uploaded();
    const deps = { ...GROUND.newDeps(), ...feedOfSearch() };
    const ids = [image_id, newImageId(0)].filter(isImageId);
    expect(await syncChangedImages(deps, ids)).toEqual([]);
    openSearch.instead = () => ({ status: 400, body: '{}' });
    expect(await syncChangedImages(deps, ids.slice(0, 1))).toEqual([]);
    openSearch.instead = noted;
    const job = await GROUND.receive('sync-search', image_id);
    if (job.kind !== 'sync-search') throw new Error('It is of another kind.');
    await syncSearch(deps, job);
  },
  'resend-jobs': () => resendTheJobs(GROUND),
  'expire-uploads': () => expireDueUploads(GROUND),
};

const isOperation = (row: FunctionRow): row is Operation => 'method' in row;

/** What somebody is refused whose token allows nothing: it is written down, by whichever function asks for one. */
async function refuseStranger({ name, method, path, scope }: Operation): Promise<void> {
  if (scope === 'open') return;
  const tokens = { verify: async () => ({ user_id: 'mallory', scopes: new Set<Scope>() }) };
  const doors = { ...openDoors(readConfig({ PUBLIC_URL, ALLOW_ANONYMOUS: 'true' })), tokens };
  const app = createOperationApp({ ...homeOfOneFunction().contextFor(PUBLIC_URL), ...doors }, ROUTES[name]);
  const target = `${PUBLIC_URL}${path.replaceAll(/\{\w+\}/g, 'one')}`;
  const answer = await app.request(target, { method, headers: { authorization: 'Bearer some.good.token' } });
  await expectProblem(answer, 'forbidden');
}

/** Their journeys need hundreds of records: a third of the time of all. */
const OF_MANY: ReadonlySet<FunctionName> = new Set(['erase-images', 'resend-jobs']);

describe('what is granted to the function', () => {
  test.for(FUNCTIONS.map((row): [FunctionName, FunctionRow] => [row.name, row]))(
    '%s is what it calls, failures included, no less and no more',
    async ([name, row], context) => {
      if (OF_MANY.has(name)) onlyWhenLarge(context);
      else notWhenLarge(context);
      calls.take();
      await JOURNEYS[name]();
      if (isOperation(row)) await refuseStranger(row);
      const needs = calls.take().flatMap((call) => needsOf(aws.storage, call));
      // Read at the cold start, or when a token comes, which function-secrets.test.ts looks at.
      const all = [...needs, ...secretsOf(row).map(({ need }) => need)];
      expect(sorted(all.flatMap(({ touch }) => touch ?? []))).toEqual(sorted(touchesOf(row)));
      expect(sorted(all.flatMap(({ granted }) => granted))).toEqual(sorted(grantsOf(row)));
    },
  );

  test.each(BACKGROUND)(
    '$name has, beside it, what Lambda needs where a queue feeds it',
    (row: BackgroundRow) => {
      const queue = 'queue' in row.trigger ? row.trigger.queue : undefined;
      expect(queueFeeding(row)).toBe(queue);
      const added = permissionsOf(row, queue).flatMap(({ resource, actions }) =>
        actions
          .filter((action) => action.startsWith('sqs:') && action !== 'sqs:SendMessage')
          .map((action) => `${action} on ${resource}`),
      );
      expect(added).toEqual(
        queue
          ? ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map(
              (act) => `sqs:${act} on ${queue === 'uploads' ? 'arrivals' : queue}`,
            )
          : [],
      );
    },
  );
});
