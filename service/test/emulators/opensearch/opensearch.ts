import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ZodError } from 'zod';
import { BACKLOG, KEEP_ALIVE_MS } from '../connections.ts';
import { incoming, queryValue } from '../s3/incoming.ts';
import { Refusal as SignatureRefusal } from '../s3/refusal.ts';
import { type Keys, sha256, verifySignature } from '../s3/signature-v4.ts';
import { bulk } from './bulk.ts';
import { EmulatedIndex } from './index.ts';
import { definitionFrom } from './mapping.ts';
import { indexNotFound, invalid, notImplemented, Refusal } from './refusal.ts';

export interface OpenSearchEmulator {
  readonly url: string;
  /** How many requests there were of each kind: the last part of the path, or `create`. */
  readonly requests: ReadonlyMap<string, number>;
  /** Answers the next requests in place of the engine, until it says nothing. */
  instead:
    | ((request: {
        readonly method: string;
        readonly path: string;
        readonly number: number;
      }) => Answer | Silence | undefined)
    | undefined;
  /** What is behind an alias. */
  indexOf(alias: string): EmulatedIndex | undefined;
  /** Removes all indexes. */
  clear(): void;
  stop(): Promise<void>;
}

/** What may come in place of an answer. */
export type Silence = 'hang up' | 'no answer';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location?: string;
}

export interface OpenSearchEmulatorOptions {
  /** Who may ask, with a signature; undefined: everybody, without one. */
  readonly keys?: Keys;
  /** Has what is written found at once, for those who do not say when. */
  readonly refreshed?: boolean;
}

/**
 * OpenSearch in this process, on a free port of the loopback interface: the requests that the driver sends, and 400
 * or 501 for anything else. What is written is found after `_refresh`. Its answers are held against the real
 * engine's by the contract suite, which runs over both.
 */
export async function startOpenSearch(options: OpenSearchEmulatorOptions = {}): Promise<OpenSearchEmulator> {
  const indexes = new Map<string, EmulatedIndex>();
  const aliases = new Map<string, string>();
  const requests = new Map<string, number>();
  const behind = (alias: string) => indexes.get(aliases.get(alias) ?? '');
  let number = 0;

  const answer = async (request: IncomingMessage): Promise<Answer | Silence> => {
    const body = await text(request);
    const asked = incoming(request);
    const [, name = '', action = 'create', ...more] = asked.path.split('/');
    requests.set(action, (requests.get(action) ?? 0) + 1);
    number += 1;
    const instead = emulator.instead?.({ method: asked.method, path: asked.path, number });
    if (instead) return instead;
    try {
      if (options.keys) {
        verifySignature(asked, {
          service: 'es',
          keys: options.keys,
          now: Date.now(),
          bodyHash: sha256(body),
        });
      }
      if (more.length > 0) throw notImplemented(asked.path);
      return { status: 200, body: JSON.stringify(doneWith(`${asked.method} ${action}`, name, body, asked)) };
    } catch (error) {
      if (error instanceof SignatureRefusal) {
        return { status: 403, body: JSON.stringify({ message: error.message }) };
      }
      const refusal = error instanceof Refusal ? error : asRefusal(error);
      return { status: refusal.status, body: JSON.stringify(refusal.body) };
    }
  };

  const doneWith = (what: string, name: string, body: string, asked: ReturnType<typeof incoming>): object => {
    const index = behind(name);
    switch (what) {
      case 'PUT create':
        return create(name, JSON.parse(body));
      case 'POST _search':
        if (queryValue(asked, 'allow_partial_search_results') !== 'false')
          throw notImplemented('partial results');
        if (!index) throw indexNotFound(name);
        return index.search(JSON.parse(body));
      case 'POST _refresh':
        if (!index) throw indexNotFound(name);
        index.refresh();
        return {};
      case 'POST _bulk': {
        if (queryValue(asked, 'require_alias') !== 'true') throw notImplemented('writing to an index');
        if (asked.headers['content-type'] !== 'application/x-ndjson')
          throw invalid('wants application/x-ndjson');
        if (!index) throw indexNotFound(name);
        const done = bulk(index, body);
        if (options.refreshed) index.refresh();
        return done;
      }
      default:
        throw notImplemented(what);
    }
  };

  const create = (name: string, body: unknown): object => {
    if (indexes.has(name)) {
      throw new Refusal(400, 'resource_already_exists_exception', `index [${name}] already exists`);
    }
    const definition = definitionFrom(body);
    indexes.set(name, new EmulatedIndex(definition));
    for (const alias of Object.keys(definition.aliases)) aliases.set(alias, name);
    return { acknowledged: true, index: name };
  };

  const server = createServer((request, response) => {
    void answer(request).then((given) => {
      if (given === 'no answer') return;
      if (given === 'hang up') {
        // The socket: a request that has been read to its end has nothing left to destroy.
        request.socket.destroy();
        return;
      }
      const location = given.location === undefined ? {} : { location: given.location };
      response.writeHead(given.status, { 'content-type': 'application/json', ...location }).end(given.body);
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG });
  await once(server, 'listening');
  const emulator: OpenSearchEmulator = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    instead: undefined,
    indexOf: behind,
    clear() {
      indexes.clear();
      aliases.clear();
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return emulator;
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof ZodError || error instanceof SyntaxError) return invalid(error.message);
  return new Refusal(500, 'emulator_failure', String(error));
}
