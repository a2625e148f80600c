import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { openEmbeddedHome } from '../compose/embedded.ts';
import type { Config } from '../config/config.ts';
import { createApp } from '../http/app.ts';
import type { Log } from '../ports/log.ts';

export interface RunningServer {
  readonly url: string;
  /** Accepts nothing more, finishes what is in flight, and closes the storage. */
  stop(): Promise<void>;
}

/** How often connections that have become idle are looked for while stopping. */
const IDLE_CHECK_MS = 50;

/** Opens the storage and serves it. */
export async function startServer(config: Config, log: Log): Promise<RunningServer> {
  const home = await openEmbeddedHome(config, log);
  try {
    const server = createServer();
    server.listen(config.port, config.host);
    await once(server, 'listening');
    const url = listeningUrl(server);
    // In the same turn of the event loop as `listening`: no request can have come before.
    server.on('request', listenerFor(createApp(home.contextFor(config.publicUrl ?? url)).fetch));
    announce(config, log, url);
    return {
      url,
      async stop() {
        await closeServer(server);
        await home.close();
      },
    };
  } catch (error) {
    await home.close();
    throw error;
  }
}

function listenerFor(fetch: Parameters<typeof getRequestListener>[0]): RequestListener {
  return getRequestListener(fetch) as RequestListener;
}

function listeningUrl(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function announce(config: Config, log: Log, url: string): void {
  const access = config.localOnly
    ? 'Access is open to everybody on this machine, because it listens on loopback only.'
    : 'Access is open to everybody who can connect, because ALLOW_ANONYMOUS is true.';
  log.info(
    { url, data_dir: config.dataDir },
    `Tintype listens on ${url}. The data lies in ${config.dataDir}. ${access} Docs: ${config.publicUrl ?? url}/docs`,
  );
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const timer = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  await closed;
  clearInterval(timer);
}
