import { writeFile } from 'node:fs/promises';
import { createServer as createHttpsServer } from 'node:https';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type MadeCertificate, madeCertificate } from '../../../test/support/made-certificate.ts';
import { postWebhook } from '../../../test/support/post-webhook.ts';
import { answering, rawServer } from '../../../test/support/raw-server.ts';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { scratchFolder } from '../../../test/support/scratch-folder.ts';
import { createWebhookSender } from './webhook-sender.ts';

const NO_CONTENT = 'HTTP/1.1 204 No Content\r\n\r\n';
const TLS_FAILURE = { outcome: 'failed', reason: 'tls' };
const DELIVERED = { outcome: 'delivered', status: 204 };

const HERE = { names: ['localhost', '127.0.0.1'] };
const LONG_AGO = { from: new Date('2020-01-01'), until: new Date('2020-01-02') };
const IN_A_WHILE = { from: new Date('2048-01-01'), until: new Date('2048-01-02') };

afterEach(() => vi.unstubAllEnvs());

/** Answers every request; what it was asked for is kept. */
function tlsServer(options: TlsOptions) {
  const names: unknown[] = [];
  const requests: string[] = [];
  const server: Server = createTlsServer(options, (socket: TLSSocket) => {
    names.push(socket.servername);
    socket.on('error', () => {});
    socket.once('data', (bytes: Buffer) => {
      requests.push(bytes.toString());
      socket.write(NO_CONTENT);
    });
  });
  server.on('tlsClientError', () => {});
  return { server, names, requests };
}

/** A process that trusts this certificate, as it would an installation's own authority. */
async function postTrusting({ cert }: MadeCertificate, url: URL, env: Readonly<Record<string, string>> = {}) {
  await using folder = await scratchFolder();
  const path = join(folder.path, 'authority.pem');
  await writeFile(path, cert);
  return await postWebhook(url, { ...env, NODE_EXTRA_CA_CERTS: path });
}

describe('a server with TLS', () => {
  test.each([
    ['its name', 'localhost', 'localhost'],
    ['its name, with the dot at the end', 'localhost.', 'localhost'],
    ['its address, which is no name to ask for', '127.0.0.1', false],
  ])('is sent to under %s', async (_how, host, servername) => {
    const certificate = madeCertificate(HERE);
    const { server, names, requests } = tlsServer({ ...certificate });
    const { port } = await rawServer(() => {}, server);
    expect(await postTrusting(certificate, new URL(`https://${host}:${port}/hook`))).toEqual(DELIVERED);
    expect(names).toEqual([servername]);
    expect(requests[0]).toMatch(/^POST \/hook HTTP\/1\.1\r\n/);
  });

  test.each([
    ['of another name', { names: ['example.com'] }],
    ['that has expired', { ...HERE, ...LONG_AGO }],
    ['that is not valid yet', { ...HERE, ...IN_A_WHILE }],
  ])('and a certificate %s is sent nothing, even if the certificate is trusted', async (_how, options) => {
    const certificate = madeCertificate(options);
    const { server, requests } = tlsServer({ ...certificate });
    const { port } = await rawServer(() => {}, server);
    const url = new URL(`https://localhost:${port}`);
    expect(await postTrusting(certificate, url)).toEqual(TLS_FAILURE);
    expect(await postTrusting(certificate, url, { NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toEqual(TLS_FAILURE);
    expect(requests).toEqual([]);
  });

  test('and a certificate that nobody vouches for is sent nothing, whatever the environment says', async () => {
    const { server, requests } = tlsServer({ ...madeCertificate(HERE) });
    const { port } = await rawServer(() => {}, server);
    const log = recordingLog();
    const sender = createWebhookSender({ allowInternal: true, log });
    for (const reject of ['1', '0']) {
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', reject);
      expect(await sender.post(new URL(`https://127.0.0.1:${port}`), {}, '{}')).toEqual(TLS_FAILURE);
    }
    expect(requests).toEqual([]);
    expect(log.entries.map(({ fields }) => fields['cause'])).toEqual([
      expect.stringMatching(/^DEPTH_ZERO_SELF_SIGNED_CERT: /),
      expect.stringMatching(/^DEPTH_ZERO_SELF_SIGNED_CERT: /),
    ]);
  });

  test('that asks for a certificate of ours fails', async () => {
    const certificate = madeCertificate(HERE);
    const server = createHttpsServer({ ...certificate, requestCert: true }, (_request, response) =>
      response.end(),
    );
    server.on('tlsClientError', () => {});
    const { port } = await rawServer(() => {}, server);
    expect(await postTrusting(certificate, new URL(`https://localhost:${port}`))).toEqual(TLS_FAILURE);
  });
});

describe('a server without TLS, asked for it,', () => {
  const sender = createWebhookSender({ allowInternal: true });
  const postTo = async (onConnection: (socket: Socket) => void) => {
    const { port } = await rawServer(onConnection);
    return sender.post(new URL(`https://127.0.0.1:${port}`), {}, '{}');
  };

  test.each([NO_CONTENT, 'SSH-2.0-OpenSSH_9.6\r\n', '\x15\x03\x01\x00\x02\x02\x28', '\x16\x03\x03\xff\xff'])(
    'fails by that (%j)',
    async (text) => {
      expect(await postTo(answering(text))).toEqual(TLS_FAILURE);
    },
  );

  test.each(['end', 'destroy', 'resetAndDestroy'] as const)(
    'fails by the connection if it breaks (%s)',
    async (cut) => {
      const connection = { outcome: 'failed', reason: 'connection' };
      expect(await postTo((socket) => socket[cut]())).toEqual(connection);
      expect(await postTo((socket) => socket.once('data', () => socket[cut]()))).toEqual(connection);
    },
  );

  test('fails by the time for a connection if it says nothing', async () => {
    const { port } = await rawServer(() => {});
    const log = recordingLog();
    const hasty = createWebhookSender({ allowInternal: true, connectMs: 50, log });
    const outcome = await hasty.post(new URL(`https://127.0.0.1:${port}`), {}, '{}');
    expect(outcome).toEqual({ outcome: 'failed', reason: 'timeout' });
    expect(log.entries[0]?.fields).toMatchObject({ cause: 'Not done within 50 ms.' });
  });
});

test('proxies of the environment get nothing', async () => {
  const proxy = await rawServer(answering('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
  const server = await rawServer(answering(NO_CONTENT));
  const address = `http://127.0.0.1:${proxy.port}`;
  const env = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: address, http_proxy: address, HTTPS_PROXY: address };
  expect(await postWebhook(new URL(`http://127.0.0.1:${server.port}`), env)).toEqual(DELIVERED);
  expect(proxy.sockets).toHaveLength(0);
  expect(server.sockets).toHaveLength(1);
});
