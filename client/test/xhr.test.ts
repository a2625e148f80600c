import { describe, expect, test } from 'vitest';
import { png } from '../../service/test/support/png.ts';
import { useServer } from '../../service/test/support/running-server.ts';
import { clientAmid } from '../src/client.ts';
import { sendByXhr, type Xhr } from '../src/transport.ts';

/** What a browser's XMLHttpRequest does as far as the client uses it; tests say how each request goes. */
class FakeXhr implements Xhr {
  static sent: FakeXhr[] = [];
  static goes: (xhr: FakeXhr, body: Blob) => void = () => {};

  readonly upload: Xhr['upload'] = { onprogress: null };
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onabort: (() => void) | null = null;
  status = 0;
  responseText = '';
  request = '';
  readonly headers: Record<string, string> = {};
  answered: Readonly<Record<string, string>> = {};

  open(method: string, url: string): void {
    this.request = `${method} ${url}`;
  }
  setRequestHeader(name: string, value: string): void {
    if (this.request === '') throw new Error('It is not open.');
    this.headers[name] = value;
  }
  getResponseHeader(name: string): string | null {
    return this.answered[name.toLowerCase()] ?? null;
  }
  send(body: Blob): void {
    FakeXhr.sent.push(this);
    FakeXhr.goes(this, body);
  }
  abort(): void {
    this.onabort?.();
  }
}

function fakeXhr(goes: typeof FakeXhr.goes) {
  FakeXhr.sent = [];
  FakeXhr.goes = goes;
  return FakeXhr;
}

const bytes = new Blob([new Uint8Array(1000)]);
const request = { method: 'PUT', url: 'https://store.example/x', headers: {}, body: bytes } as const;

describe('bytes sent by XMLHttpRequest', () => {
  test('are told of on their way', async () => {
    const Xhr = fakeXhr((xhr) => {
      for (const loaded of [10, 600]) xhr.upload.onprogress?.({ loaded });
      xhr.status = 200;
      xhr.responseText = '{"a":1}';
      xhr.onload?.();
    });
    const told: number[] = [];
    const onSent = (sent: number) => told.push(sent);
    const headers = { 'content-type': 'image/png' };
    const answer = await sendByXhr(Xhr)({ ...request, headers, signal: undefined, onSent });
    expect(answer).toMatchObject({ status: 200, body: { a: 1 } });
    expect(told).toEqual([10, 600, 1000]);
    expect(FakeXhr.sent[0]).toMatchObject({ request: 'PUT https://store.example/x', headers });
  });

  test('that are refused are an error with the code of the answer', async () => {
    const Xhr = fakeXhr((xhr) => {
      xhr.status = 503;
      xhr.answered = { 'retry-after': '4' };
      xhr.responseText = '<html>';
      xhr.onload?.();
    });
    const sending = sendByXhr(Xhr)({ ...request, signal: undefined, onSent: () => {} });
    await expect(sending).rejects.toMatchObject({ code: 'unavailable', status: 503, retryAfterSeconds: 4 });
  });

  test('that get no answer are an error of the network', async () => {
    const Xhr = fakeXhr((xhr) => xhr.onerror?.());
    const sending = sendByXhr(Xhr)({ ...request, signal: undefined, onSent: () => {} });
    await expect(sending).rejects.toMatchObject({ code: 'network', status: 0 });
  });

  test('can be stopped on their way, and before it', async () => {
    const stopping = new AbortController();
    const reason = new Error('enough');
    const Xhr = fakeXhr(() => stopping.abort(reason));
    const send = () => sendByXhr(Xhr)({ ...request, signal: stopping.signal, onSent: () => {} });
    await expect(send()).rejects.toBe(reason);
    await expect(send()).rejects.toBe(reason);
    expect(FakeXhr.sent).toHaveLength(1);
  });
});

describe('a client in a browser', () => {
  const server = useServer();
  const wait = async () => {};

  /** Sends what it is given for real, and tells of a half of it on the way. */
  const real = () =>
    fakeXhr(async (xhr, body) => {
      const [method = '', url = ''] = xhr.request.split(' ');
      xhr.upload.onprogress?.({ loaded: body.size / 2 });
      const answer = await fetch(url, { method, headers: xhr.headers, body });
      xhr.status = answer.status;
      xhr.answered = Object.fromEntries(answer.headers);
      xhr.responseText = await answer.text();
      xhr.onload?.();
    });

  test.each([1000, 5_000_000])('tells of an upload of %s bytes on its way', async (size) => {
    const tintype = clientAmid({ wait, xhr: real() }, { url: server.url });
    const told: number[] = [];
    const onProgress = ({ sent }: { sent: number }) => told.push(sent);
    const image = await tintype.upload(png({ size }), { user_id: 'alice', onProgress });
    expect(image).toMatchObject({ status: 'ready', size_bytes: size });
    expect(told).toEqual([0, size / 2, size]);
    expect(FakeXhr.sent).toHaveLength(1);
  });

  test('uses fetch where nobody listens, and that of the caller where there is one', async () => {
    const Xhr = real();
    await clientAmid({ wait, xhr: Xhr }, { url: server.url }).upload(png(), { user_id: 'alice' });
    const onProgress = () => {};
    const own = clientAmid({ wait, xhr: Xhr }, { url: server.url, fetch: (...call) => fetch(...call) });
    await own.upload(png(), { user_id: 'alice', onProgress });
    expect(FakeXhr.sent).toEqual([]);
  });
});
