import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Log } from '../../ports/log.ts';
import type { WebhookSender } from '../../ports/webhook-sender.ts';
import { hostOf, isAllowedUrl } from './allowed-url.ts';
import { description, Failure, reasonOf, type Stage } from './failure.ts';
import { checkedLookup, type Resolve, resolveBySystem } from './public-lookup.ts';

export interface WebhookSenderOptions {
  /** http, any port and any address go as well: for installations whose users may reach what it can reach. */
  readonly allowInternal: boolean;
  /** How long all of it may take, 15 s. */
  readonly timeoutMs?: number;
  /** How long it may take of that until there is a connection, name and TLS included, 5 s. */
  readonly connectMs?: number;
  /** How names are looked up; as the machine does where nothing else is said. */
  readonly resolve?: Resolve;
  /** Is told why nothing came of a try, without the URL's path, which may be a secret. */
  readonly log?: Pick<Log, 'info'>;
}

interface Limits {
  readonly timeoutMs: number;
  readonly connectMs: number;
}

/** So much of an answer's body is read, for those who would take a connection that ends before for a failure. */
const MOST_BODY_BYTES = 64 * 1024;

const MOST_HEADER_BYTES = 16 * 1024;

/** A name with several addresses: so long one may take before the next is tried. Node's 250 ms are few between continents. */
const NEXT_ADDRESS_MS = 1000;

/**
 * Sends webhooks over HTTP/1.1 with a connection for each try, so that each goes to an address that was checked for
 * it. An answer is one as soon as its status is there, whatever becomes of its body. What the environment says about
 * proxies, or about certificates that are not to be checked, is not heeded.
 */
export function createWebhookSender({
  allowInternal,
  timeoutMs = 15_000,
  connectMs = 5_000,
  resolve = resolveBySystem,
  log,
}: WebhookSenderOptions): WebhookSender {
  // Agents of our own: the global one may have been given a proxy. No session of TLS is taken up again, so that each
  // certificate is looked at.
  const settings = {
    keepAlive: false,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
  };
  const httpAgent = new HttpAgent(settings);
  const httpsAgent = new HttpsAgent({ ...settings, maxCachedSessions: 0 });
  const lookup = checkedLookup(resolve, allowInternal);

  return {
    allows: (url) => isAllowedUrl(url, allowInternal),
    async post(url, headers, body) {
      if (!isAllowedUrl(url, allowInternal)) return { outcome: 'failed', reason: 'address_not_allowed' };
      const host = hostOf(url);
      const options: RequestOptions = {
        method: 'POST',
        host,
        port: url.port,
        path: `${url.pathname}${url.search}`,
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'Tintype',
        },
        lookup,
        maxHeaderSize: MOST_HEADER_BYTES,
        insecureHTTPParser: false,
      };
      const isSecure = url.protocol === 'https:';
      const request = isSecure
        ? httpsRequest({
            ...options,
            agent: httpsAgent,
            rejectUnauthorized: true,
            servername: isIP(host) === 0 ? host : '',
          })
        : httpRequest({ ...options, agent: httpAgent });
      const { status, error, stage } = await exchange(request, body, isSecure, { timeoutMs, connectMs });
      if (status !== undefined) return { outcome: isSuccess(status) ? 'delivered' : 'answered', status };
      const reason = reasonOf(error, stage);
      log?.info({ host: url.host, reason, cause: description(error) }, 'a webhook could not be sent');
      return { outcome: 'failed', reason };
    },
  };
}

function isSuccess(status: number): boolean {
  return Math.floor(status / 100) === 2;
}

interface Ending {
  readonly status: number | undefined;
  /** What it ended by; it says something only where there is no status. */
  readonly error: unknown;
  readonly stage: Stage;
}

/** Sends the body and waits for the end of the answer, of the time, or of patience. Nothing is left of it after that. */
async function exchange(
  request: ClientRequest,
  body: string,
  isSecure: boolean,
  { timeoutMs, connectMs }: Limits,
): Promise<Ending> {
  let stage: Stage = 'connecting';
  let status: number | undefined;
  const { promise, resolve } = Promise.withResolvers<unknown>();

  const within = (ms: number) =>
    setTimeout(() => resolve(new Failure('timeout', `Not done within ${ms} ms.`)), ms);
  const timers = [within(timeoutMs), within(connectMs)];
  const [, connecting] = timers;
  const open = () => {
    stage = 'open';
    clearTimeout(connecting);
  };

  request.once('socket', (socket) => {
    socket.once('connect', () => {
      if (isSecure) stage = 'securing';
      else open();
    });
    socket.once('secureConnect', open);
  });
  // Errors may come after the end as well, and would end the process if nobody heard them.
  request.on('error', resolve);
  request.once('close', () => resolve(new Error('The connection was closed.')));
  request.once('response', (answer) => {
    status = answer.statusCode;
    let read = 0;
    answer.on('data', (piece: Buffer) => {
      read += piece.length;
      if (read >= MOST_BODY_BYTES) resolve(undefined);
    });
    answer.on('error', resolve);
    answer.once('close', () => resolve(undefined));
  });
  request.end(body);

  const error = await promise;
  for (const timer of timers) clearTimeout(timer);
  request.destroy();
  return { status, error, stage };
}
