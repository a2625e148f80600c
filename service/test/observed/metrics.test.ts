import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Context } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS, type Caller, SCOPES, type Scope } from '../../src/domain/caller.ts';
import { createApp } from '../../src/http/app.ts';
import type { Env } from '../../src/http/context.ts';
import { mayReadMetrics } from '../../src/http/metrics-page.ts';
import { expectImage, expectList, expectProblem, type Image } from '../support/answers.ts';
import { until } from '../support/connection.ts';
import { openTestHome, type TestHome } from '../support/homes.ts';
import { png } from '../support/png.ts';
import { type ParsedMetrics, parsePrometheus } from '../support/prometheus-text.ts';
import { openServer, type TestServer } from '../support/running-server.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { fieldParts, filePart, postForm, postJson } from '../support/uploads.ts';

const JPEG = SMALL_IMAGES['image/jpeg'].bytes;

/** A server of the test's own. */
async function served(
  variables: Readonly<Record<string, string>> = {},
): Promise<TestServer & AsyncDisposable> {
  const folder = await scratchFolder();
  const server = await openServer(folder.path, { variables });
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function pageOf({ url }: Pick<TestServer, 'url'>): Promise<string> {
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(response.headers.get('cache-control')).toContain('no-store');
  return response.text();
}

/** What somebody reads at another end of the loopback network. */
async function pageFrom({ url }: Pick<TestServer, 'url'>, localAddress: string): Promise<string> {
  const [incoming] = await once(request(`${url}/metrics`, { localAddress, agent: false }).end(), 'response');
  return text(incoming);
}

const metricsOf = async (server: Pick<TestServer, 'url'>): Promise<ParsedMetrics> =>
  parsePrometheus(await pageOf(server));

async function uploadTo({ url }: Pick<TestServer, 'url'>, user_id: string, image: Buffer): Promise<Image> {
  const { path, init } = postJson({ user_id, title: `of ${user_id}`, image_data: image.toString('base64') });
  return expectImage(await fetch(`${url}${path}`, init), 201);
}

/** Once what an upload has caused is done. */
async function untilProcessed(server: Pick<TestServer, 'url'>, jobs: number): Promise<void> {
  const done = { kind: 'process-image', outcome: 'done' };
  await until(async () => (await metricsOf(server)).value('tintype_jobs_total', done) === jobs, 'the jobs');
}

describe('/metrics of a server', () => {
  it('says exactly what was asked of it, by route, method and status, and how much went in and out', async () => {
    await using server = await served();
    const { url } = server;
    const before = await metricsOf(server);
    expect(before.value('tintype_http_requests_total')).toBeUndefined();
    const { image_id } = await uploadTo(server, 'alice', JPEG);
    const answers = [
      ...(await Promise.all([1, 2, 3].map(() => fetch(`${url}/images/${image_id}`)))),
      await fetch(`${url}/images?user_id=alice`),
      await fetch(`${url}/images?limit=none`),
      await fetch(`${url}/images`, { method: 'PUT' }),
      await fetch(`${url}/nothing/here`),
      await fetch(`${url}/health`, { method: 'HEAD' }),
    ];
    const metrics = await metricsOf(server);
    const requests = metrics.samples.filter(({ name }) => name === 'tintype_http_requests_total');
    expect(
      requests.map(({ labels: { route, method, status }, value }) => [route, method, status, value]),
    ).toEqual([
      ['/metrics', 'GET', '200', 1],
      ['/images', 'POST', '201', 1],
      ['/images/:image_id', 'GET', '200', 3],
      ['/images', 'GET', '200', 1],
      ['/images', 'GET', '400', 1],
      ['/images', 'PUT', '405', 1],
      ['/*', 'GET', '404', 1],
      ['/health', 'HEAD', '200', 1],
    ]);
    for (const { labels, value } of requests) {
      expect(metrics.value('tintype_http_request_duration_seconds_count', labels)).toBe(value);
    }
    const sizes = await Promise.all(answers.slice(0, 3).map(async (answer) => (await answer.bytes()).length));
    const viewed = { route: '/images/:image_id' };
    expect(metrics.value('tintype_http_response_bytes_total', viewed)).toBe(sizes.reduce((a, b) => a + b));
    expect(metrics.value('tintype_http_request_bytes_total', { route: '/images' })).toBeGreaterThan(
      JPEG.length,
    );
    expect(metrics.value('tintype_http_response_bytes_total', { route: '/health' })).toBeUndefined();
    // Itself.
    expect(metrics.value('tintype_http_requests_in_flight')).toBe(1);
  });

  it('says what became of images: accepted, decoded, made smaller', async () => {
    await using server = await served();
    const { url } = server;
    const { image_id } = await uploadTo(server, 'alice', JPEG);
    await untilProcessed(server, 1);
    const rendition = await fetch(`${url}/images/${image_id}/renditions?w=4&format=png`, {
      redirect: 'manual',
    });
    expect(rendition.status).toBe(302);
    await fetch(`${url}/images/${image_id}/content`, {
      method: 'PUT',
      body: png(),
      headers: { 'content-type': 'image/png' },
    });
    await untilProcessed(server, 2);
    const { value } = await metricsOf(server);
    const accepted = (content_type: string, way: string) =>
      value('tintype_images_accepted_total', { content_type, way });
    expect(accepted('image/jpeg', 'inline')).toBe(1);
    expect(accepted('image/png', 'version')).toBe(1);
    expect(value('tintype_images_accepted_total')).toBe(2);
    expect(value('tintype_renditions_made_total', { format: 'png', cause: 'on_demand' })).toBe(1);
    expect(value('tintype_renditions_made_total', { format: 'webp', cause: 'preset' })).toBe(4);
    expect(value('tintype_rendition_duration_seconds_count', { task: 'develop', outcome: 'done' })).toBe(2);
    expect(value('tintype_rendition_duration_seconds_count', { task: 'render', outcome: 'done' })).toBe(1);
    expect(value('tintype_job_duration_seconds_count', { kind: 'process-image' })).toBe(2);
    await until(async () => (await metricsOf(server)).value('tintype_jobs_waiting') === 0, 'an empty queue');
    expect(value('tintype_jobs_dead')).toBe(0);
    expect(value('tintype_decoders_waiting')).toBe(0);
    const changes = value('tintype_commit_changes_sum') ?? 0;
    expect(changes).toBeGreaterThan(3);
    expect(value('tintype_commit_changes_count')).toBeLessThanOrEqual(changes);
    expect(value('tintype_commit_duration_seconds_count')).toBe(value('tintype_commit_changes_count'));
  });

  it('counts an image that was sent straight to the store once it is complete', async () => {
    await using server = await served();
    const begun = await fetch(`${server.url}/images/uploads`, {
      ...postJson({ user_id: 'alice', content_type: 'image/jpeg', size_bytes: JPEG.length, method: 'put' })
        .init,
    });
    const { image, upload } = (await begun.json()) as { image: Image; upload: { url: string } };
    const accepted = async () => (await metricsOf(server)).value('tintype_images_accepted_total');
    const headers = { 'content-type': 'image/jpeg' };
    await fetch(upload.url, { method: 'PUT', body: JPEG as Buffer<ArrayBuffer>, headers });
    expect(await accepted()).toBeUndefined();
    await fetch(`${server.url}/images/${image.image_id}/complete`, { method: 'POST' });
    const { value } = await metricsOf(server);
    expect(value('tintype_images_accepted_total', { content_type: 'image/jpeg', way: 'direct' })).toBe(1);
    expect(await accepted()).toBe(1);
  });

  it('counts what is refused: room, and requests', async () => {
    await using server = await served({ MAX_IMAGES_PER_USER: '1', RATE_LIMIT_PER_MINUTE: '6' });
    await uploadTo(server, 'alice', JPEG);
    const { path, init } = postForm([...fieldParts({ user_id: 'alice' }), filePart('file', JPEG)]);
    for (let n = 0; n < 2; n++) {
      await expectProblem(await fetch(`${server.url}${path}`, init), 'quota_exceeded');
    }
    const { value } = await metricsOf(server);
    expect(value('tintype_quota_refusals_total')).toBe(2);
    expect(value('tintype_rate_limit_refusals_total')).toBeUndefined();
    for (let n = 0; n < 5; n++) await fetch(`${server.url}/images`);
    await expectProblem(await fetch(`${server.url}/metrics`), 'rate_limited');
    const after = parsePrometheus(await pageFrom(server, '127.0.0.2'));
    // Refused before their route is looked at; quotas are refused by theirs.
    const limited = after.value('tintype_http_requests_total', { status: '429', route: '/*' });
    expect(limited).toBeGreaterThan(1);
    expect(after.value('tintype_rate_limit_refusals_total', { policy: 'address' })).toBe(limited);
  });

  it('counts images that cannot be decoded as refused', async () => {
    await using server = await served();
    const damaged = Buffer.concat([JPEG.subarray(0, JPEG.length - 60), Buffer.alloc(60)]);
    const image = png().subarray(0, 60);
    await uploadTo(server, 'alice', Buffer.concat([image, Buffer.alloc(100)]));
    await uploadTo(server, 'alice', damaged);
    await untilProcessed(server, 2);
    const { value } = await metricsOf(server);
    expect(value('tintype_rendition_duration_seconds_count', { outcome: 'refused' })).toBeGreaterThanOrEqual(
      1,
    );
    expect(value('tintype_rendition_duration_seconds_count')).toBe(2);
  });

  it('is not there where METRICS is off', async () => {
    await using server = await served({ METRICS: 'off' });
    await uploadTo(server, 'alice', JPEG);
    await expectProblem(await fetch(`${server.url}/metrics`), 'not_found');
  });
});

describe('what must not be in metrics', () => {
  it('is not: no word that callers have chosen, whatever they send', async () => {
    await using server = await served();
    const { url } = server;
    const secrets = Array.from({ length: 6 }, (_, n) => `secret-${n}-${crypto.randomUUID()}`);
    const [user = '', query = '', path = '', token = '', id = '', tag = ''] = secrets;
    const headers = {
      authorization: `Bearer ${token}`,
      'x-request-id': id,
      traceparent: `00-${id}-${id}-01`,
    };
    const image = await uploadTo(server, user, JPEG);
    const calls: [string, RequestInit?][] = [
      [`/images?user_id=${user}&tag=${tag}`],
      [`/images?${query}=1`],
      [`/${path}`],
      [`/images/${path}`],
      [`/images/${path}/${path}/${path}`, { method: 'POST' }],
      [`/objects/${user}/${path}?sig=${token}`],
      [`/images/${image.image_id}`],
      [`/images/${image.image_id}/content`],
      [`/images/${image.image_id}/renditions/${path}`],
      [`/users/${user}/usage`],
      [`/images/${image.image_id}`, { method: 'DELETE' }],
      [`/images`, { method: 'PROPFIND' }],
      [`/docs/${path}`],
    ];
    for (const [at, init] of calls) await (await fetch(`${url}${at}`, { ...init, headers })).bytes();
    const page = await pageOf(server);
    const { samples } = parsePrometheus(page);
    for (const secret of [...secrets, image.image_id, 'PROPFIND']) expect(page).not.toContain(secret);
    const routes = new Set(samples.flatMap(({ labels }) => labels['route'] ?? []));
    for (const route of routes) expect(route).toMatch(/^(?:\/(?:\*|:?[a-z_.]+))+$/);
    expect(samples.flatMap(({ labels }) => labels['method'] ?? [])).toContain('other');
    expect((await expectList(await fetch(`${url}/images`))).items).toEqual([]);
  });
});

describe('who may read metrics', () => {
  let home: TestHome;
  beforeAll(async () => {
    home = await openTestHome('embedded', { config: { localOnly: false } });
  });
  afterAll(() => home.close());

  /** What is answered to a connection from this address. */
  async function answered(remoteAddress: string | undefined, headers: Readonly<Record<string, string>> = {}) {
    const incoming = { socket: { remoteAddress } };
    const bindings = { incoming } as unknown as Env['Bindings'];
    return createApp(home.context).request(
      '/metrics',
      { headers: { host: '127.0.0.1', ...headers } },
      bindings,
    );
  }

  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])(
    'whoever connects from %s',
    async (address) => {
      expect((await answered(address)).status).toBe(200);
    },
  );

  it.each(['203.0.113.7', '10.0.0.1', '128.0.0.1', '::2', '::ffff:10.0.0.1', '2001:db8::1', undefined])(
    'nobody who connects from %s, whatever it says of itself',
    async (address) => {
      await expectProblem(await answered(address), 'forbidden');
      await expectProblem(await answered(address, { 'x-forwarded-for': '127.0.0.1' }), 'forbidden');
    },
  );

  it('a caller from anywhere who may do everything; where nobody is asked who they are, that is nobody', () => {
    const asked = (user_id: string | null, scopes: readonly Scope[]) => {
      const caller: Caller = { ...ANONYMOUS, user_id, scopes: new Set(scopes) };
      const c = { get: () => ({ caller }), env: {}, req: { header: () => undefined } };
      return mayReadMetrics(c as unknown as Context<Env>);
    };
    expect(asked('operator', ['images:admin'])).toBe(true);
    expect(asked('alice', ['images:read', 'images:write'])).toBe(false);
    expect(asked(null, SCOPES)).toBe(false);
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])(
    'nobody whose request was passed on by a proxy on this machine, as %s shows',
    async (name) => {
      for (const value of ['203.0.113.7', '127.0.0.1', '']) {
        await expectProblem(await answered('127.0.0.1', { [name]: value }), 'forbidden');
      }
    },
  );
});
