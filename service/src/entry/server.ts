import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { openGallery } from '../compose/gallery.ts';
import type { Home } from '../compose/home.ts';
import { openHome } from '../compose/open-home.ts';
import type { Config } from '../config/config.ts';
import type { ServerConfig } from '../config/server.ts';
import { DomainError } from '../domain/errors.ts';
import { createApp } from '../http/app.ts';
import { answerBrokenRequest, problemOutsideApp } from '../http/broken-request.ts';
import type { App } from '../http/context.ts';
import type { Log } from '../ports/log.ts';
import { answerTogether } from './answer-together.ts';
import { Connections } from './connections.ts';
import { lingerAfter } from './linger.ts';
import { cutStalled, requestTimeouts } from './slow-clients.ts';

export interface RunningServer {
  readonly url: string;
  /** Accepts nothing more, finishes what is in flight, and closes the storage. */
  stop(): Promise<void>;
}

/** How often connections that have become idle are looked for while stopping. */
const IDLE_CHECK_MS = 50;

/** How long a connection that has not asked for anything yet may go on doing so while stopping. */
const SILENCE_MS = 1000;

/** Opens the storage and serves it. */
export async function startServer(config: ServerConfig, log: Log): Promise<RunningServer> {
  const home = await openHome(config, log);
  try {
    const galleryFor = await openGallery(config, log);
    // A request without a Host header gets an answer of our own shape.
    const server = createServer({
      requireHostHeader: false,
      maxHeaderSize: config.maxHeaderBytes,
      ...requestTimeouts(config),
    });
    const connections = new Connections(server);
    server.listen(config.port, config.host);
    await once(server, 'listening');
    const url = listeningUrl(server);
    // In the same turn of the event loop as `listening`: no request can have come before.
    const context = home.contextFor(config.publicUrl ?? url);
    const app = createApp({ ...context, gallery: galleryFor(context, home.bytes) });
    listen(server, app.fetch, connections, config);
    home.startWork();
    announce(config, home, log, url);
    return {
      url,
      async stop() {
        await closeServer(server, connections);
        await home.close();
      },
    };
  } catch (error) {
    await home.close();
    throw error;
  }
}

function listen(server: Server, fetch: App['fetch'], connections: Connections, config: Config): void {
  const current = (socket: Duplex) => connections.lastAnswerOn(socket);
  const answer = getRequestListener(answerTogether(fetch), {
    // It would close the connection half a second after an answer whose request is still coming.
    autoCleanupIncoming: false,
    errorHandler: (cause) => problemOutsideApp(malformedAddress(cause)),
  }) as RequestListener;
  server.on('request', (incoming, outgoing) => {
    lingerAfter(incoming, outgoing);
    answer(incoming, outgoing);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    answerBrokenRequest(error, socket, current(socket)),
  );
  cutStalled(server, config, current);
}

/** The app lets no error out; what the adapter meets before it is an address that it cannot make a URL of. */
function malformedAddress(cause: unknown): DomainError {
  return new DomainError('invalid_request', 'The request target or the Host header is malformed.', { cause });
}

function listeningUrl(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function announce(config: ServerConfig, home: Home, log: Log, url: string): void {
  const reached = config.publicUrl ?? url;
  const gallery = config.gallery ? ` Gallery: ${reached}/` : '';
  log.info(
    { url, data: home.data },
    `Tintype listens on ${url}. The data lies ${home.data}. ${accessOf(config)}${gallery} Docs: ${reached}/docs`,
  );
}

function accessOf({ auth, localOnly }: Config): string {
  if (auth.kind === 'jwt') return `Access is for those with a token of ${auth.issuer}.`;
  return localOnly
    ? 'Access is open to everybody on this machine, because it listens on loopback only.'
    : 'Access is open to everybody who can connect, because ALLOW_ANONYMOUS is true.';
}

async function closeServer(server: Server, connections: Connections): Promise<void> {
  const closed = once(server, 'close');
  const silentUntil = performance.now() + SILENCE_MS;
  server.close();
  const timer = setInterval(() => {
    server.closeIdleConnections();
    if (performance.now() > silentUntil) connections.closeThoseWithoutRequest();
  }, IDLE_CHECK_MS);
  await closed;
  clearInterval(timer);
}
