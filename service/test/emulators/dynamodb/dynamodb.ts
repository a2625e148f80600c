import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BACKLOG, KEEP_ALIVE_MS } from '../connections.ts';
import { CapacityMeter } from './capacity-meter.ts';
import { Dispatcher } from './dispatcher.ts';
import { DynaliteEngine } from './dynalite-engine.ts';
import { listenerFor } from './json-protocol.ts';

export interface DynamoDbEmulator {
  readonly endpoint: string;
  /** What requests consumed, by AWS's rules. */
  readonly meter: CapacityMeter;
  stop(): Promise<void>;
}

export interface DynamoDbOptions {
  /** Milliseconds since 1970; the tokens of transactions are forgotten by it. */
  readonly now?: () => number;
}

/**
 * DynamoDB in this process, on a free port of the loopback interface: dynalite, with transactions, the item on
 * a failed condition, settings for expiry, and figures for the capacity. It has no streams, no local indexes,
 * no PartiQL, and never answers with TransactionConflict or a throttle.
 */
export async function startDynamoDb(options: DynamoDbOptions = {}): Promise<DynamoDbEmulator> {
  const engine = new DynaliteEngine();
  const meter = new CapacityMeter();
  const dispatcher = new Dispatcher(engine, meter, options.now ?? Date.now);
  const server = createServer(listenerFor((action, input) => dispatcher.dispatch(action, input)));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG });
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    meter,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await dispatcher.idle();
      await engine.close();
    },
  };
}
