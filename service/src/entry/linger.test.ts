import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { until } from '../../test/support/connection.ts';
import { lingerAfter } from './linger.ts';

/** A request whose body comes when the test says so, and its answer. */
function exchange() {
  const socket = { destroySoon: vi.fn() };
  const incoming = Object.assign(new PassThrough(), { socket, complete: false });
  const outgoing = new EventEmitter();
  lingerAfter(incoming as unknown as IncomingMessage, outgoing as ServerResponse);
  return { socket, incoming, outgoing };
}

describe('what is done with the rest of a request that has been answered', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('it is taken and thrown away, for half a minute, and then the connection is closed', async () => {
    const { socket, incoming, outgoing } = exchange();
    outgoing.emit('finish');
    const pieces = 100;
    for (let n = 0; n < pieces; n++) incoming.write(Buffer.alloc(64 * 1024));
    // `vi.waitFor` would let the faked time go on.
    await until(() => incoming.readableLength + incoming.writableLength === 0, 'all to be thrown away');
    vi.advanceTimersByTime(29_000);
    expect(socket.destroySoon).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(socket.destroySoon).toHaveBeenCalledOnce();
  });

  it('once it has all come the connection stays open', async () => {
    const { socket, incoming, outgoing } = exchange();
    outgoing.emit('finish');
    incoming.end(Buffer.alloc(1000));
    await until(() => incoming.closed, 'the end of the request');
    vi.advanceTimersByTime(60_000);
    expect(socket.destroySoon).not.toHaveBeenCalled();
  });

  it('nothing is done where all had been taken before the answer, or the caller has gone', () => {
    const whole = exchange();
    whole.incoming.complete = true;
    const gone = exchange();
    gone.incoming.destroy();
    for (const { socket, incoming, outgoing } of [whole, gone]) {
      outgoing.emit('finish');
      expect(incoming.listenerCount('data')).toBe(0);
      vi.advanceTimersByTime(60_000);
      expect(socket.destroySoon).not.toHaveBeenCalled();
    }
  });
});
