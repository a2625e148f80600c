import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A span as a collector receives it, in the JSON form of OTLP (https://opentelemetry.io/docs/specs/otlp/). */
export interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: { readonly stringValue?: string; readonly intValue?: number };
  }[];
  readonly status: { readonly code: number };
}

interface SentTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: SentSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

/** Stands in for a collector, on a port of the loopback interface. */
export interface Collector extends AsyncDisposable {
  readonly url: string;
  /** How many times it has been sent something. */
  readonly calls: () => number;
  readonly spans: () => readonly SentSpan[];
  /** All that it was sent, as it came. */
  readonly bodies: readonly string[];
  /** From now on it takes what it is sent, refuses it, or says nothing to it. */
  become(how: 'well' | 'refusing' | 'silent'): void;
}

export async function startCollector(): Promise<Collector> {
  const bodies: string[] = [];
  let behaviour: Parameters<Collector['become']>[0] = 'well';
  let calls = 0;
  const server = createServer(async (request, response) => {
    calls++;
    const body = await text(request);
    const isTraces = request.url === '/v1/traces' && request.headers['content-type'] === 'application/json';
    if (behaviour === 'silent') return;
    if (behaviour === 'refusing' || !isTraces) {
      response.writeHead(400).end();
      return;
    }
    bodies.push(body);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    bodies,
    spans: () =>
      bodies
        .flatMap((body) => (JSON.parse(body) as SentTraces).resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans)
        .flatMap(({ spans }) => spans),
    become(how) {
      behaviour = how;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A span's attributes by their names. */
export function attributesOf({ attributes }: Pick<SentSpan, 'attributes'>): Record<string, string | number> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
  );
}
