import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectImage } from '../support/answers.ts';
import { until } from '../support/connection.ts';
import { attributesOf, type Collector, type SentSpan, startCollector } from '../support/otlp-collector.ts';
import { recordingLog } from '../support/recording-log.ts';
import { openServer } from '../support/running-server.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { postJson } from '../support/uploads.ts';

const JPEG = SMALL_IMAGES['image/jpeg'].bytes;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const FOLLOWED = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'vendor=1' };

let collector: Collector;

beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector[Symbol.asyncDispose]());

/** What a server tells the collector, and its log, of what is done with it; stopped at the end. */
async function told(doing: (url: string) => Promise<void>) {
  const log = recordingLog();
  await using folder = await scratchFolder();
  const variables = {
    TRACES: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: 'images',
  };
  const server = await openServer(folder.path, { variables, log });
  try {
    await doing(server.url);
  } finally {
    await server.stop();
  }
  return { spans: collector.spans(), log: log.entries };
}

async function upload(url: string, headers: Readonly<Record<string, string>> = {}, user_id = 'alice') {
  const { path, init } = postJson({ user_id, image_data: JPEG.toString('base64') });
  return expectImage(
    await fetch(`${url}${path}`, { ...init, headers: { ...init.headers, ...headers } }),
    201,
  );
}

async function untilReady(url: string, image_id: string): Promise<void> {
  const isDone = async () => {
    const image = await expectImage(await fetch(`${url}/images/${image_id}`));
    return image.placeholder !== null;
  };
  await until(isDone, 'the placeholder');
}

const below = (spans: readonly SentSpan[], parent: SentSpan | undefined) =>
  spans.filter(({ parentSpanId }) => parent !== undefined && parentSpanId === parent.spanId);
const namesOf = (spans: readonly SentSpan[]) => spans.map(({ name }) => name);

describe('a server that tells what it does', () => {
  it("has a span for an operation below the caller's, and one for each call that it makes", async () => {
    const { spans, log } = await told(async (url) => {
      await upload(url, FOLLOWED);
    });
    const ofCaller = spans.filter(({ traceId }) => traceId === TRACE);
    const [operation, ...others] = ofCaller.filter(({ parentSpanId }) => parentSpanId === SPAN);
    expect(others).toEqual([]);
    expect(operation).toMatchObject({ name: 'upload-image', kind: 2 });
    expect(operation && attributesOf(operation)).toEqual({
      'http.request.method': 'POST',
      'http.route': '/images',
      'http.response.status_code': 201,
    });
    const calls = below(ofCaller, operation);
    expect(calls.every(({ kind }) => kind === 3)).toBe(true);
    expect(new Set(namesOf(calls))).toEqual(
      new Set([
        'quotas.reserve',
        'objects.begin',
        'objects.draft.commit',
        'index.insert',
        'quotas.reservation.keep',
        'objects.presignRead',
      ]),
    );
    expect(ofCaller).toHaveLength(1 + calls.length);
    const line = log.find(({ fields }) => fields['route'] === '/images');
    expect(line?.fields).toMatchObject({ trace_id: TRACE });
  });

  it('has traces of their own for jobs, and for callers that have none or say something malformed', async () => {
    const { spans, log } = await told(async (url) => {
      const { image_id } = await upload(url, { traceparent: 'malformed' });
      await untilReady(url, image_id);
    });
    const [job, ...more] = spans.filter(({ name }) => name === 'process-image');
    expect(more).toEqual([]);
    expect(job && attributesOf(job)).toEqual({
      'tintype.job.kind': 'process-image',
      'tintype.job.attempt': 1,
    });
    expect(namesOf(below(spans, job))).toEqual(
      expect.arrayContaining(['index.get', 'objects.open', 'renderer.develop', 'index.replace']),
    );
    const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined || parentSpanId === '');
    expect(new Set(namesOf(roots))).toEqual(new Set(['upload-image', 'view-image', 'process-image']));
    expect(new Set(roots.map(({ traceId }) => traceId)).size).toBe(roots.length);
    const uploaded = roots.find(({ name }) => name === 'upload-image');
    const line = log.find(({ fields }) => fields['route'] === '/images');
    expect(line?.fields).toMatchObject({ trace_id: uploaded?.traceId });
  });

  it('has none for what watches over it, and names what is no operation by its route', async () => {
    const { spans } = await told(async (url) => {
      for (const path of ['/health', '/ready', '/metrics', '/openapi.json', '/none'])
        await fetch(`${url}${path}`);
      await fetch(`${url}/images`, { method: 'HEAD' });
    });
    const requests = spans.filter(({ kind }) => kind === 2);
    expect(namesOf(requests)).toEqual(['GET /openapi.json', 'GET /*', 'list-images']);
  });

  it('tells nothing that is a caller’s own: no id, query, signature, header or byte', async () => {
    const user = 'a-private-user';
    let image_id = '';
    await told(async (url) => {
      ({ image_id } = await upload(url, { 'idempotency-key': 'a-private-key' }, user));
      await untilReady(url, image_id);
      await (await fetch(`${url}/images/${image_id}/content`)).bytes();
      await fetch(`${url}/images?user_id=${user}&tag=a-private-tag`);
      await fetch(`${url}/objects/${user}/a-private-path?sig=a-private-signature`);
      await fetch(`${url}/images/${image_id}/renditions?w=3`, { redirect: 'manual' });
      await fetch(`${url}/images/${image_id}`, { method: 'DELETE' });
    });
    const all = collector.bodies.join('\n');
    expect(all).toContain('renderer.render');
    expect(all).toContain('delete-image');
    for (const secret of [
      user,
      image_id,
      'a-private-',
      JPEG.toString('base64').slice(0, 20),
      'tintype-test-',
    ]) {
      expect(all).not.toContain(secret);
    }
  });

  it('answers, and stops, when the collector takes nothing', async () => {
    collector.become('silent');
    const { spans, log } = await told(async (url) => {
      for (let n = 0; n < 20; n++) await upload(url);
    });
    expect(spans).toEqual([]);
    expect(
      log.filter(({ message, level }) => level !== 'info' && !message.startsWith('traces are lost')),
    ).toEqual([]);
  });
});
