import { describe, expect, test } from 'vitest';
import { DomainError } from '../../domain/errors.ts';
import type { Span, Tracer } from '../../ports/tracer.ts';
import { tracedPort } from './traced-port.ts';

/** Writes down what begins, within what, and how it ends. */
function recordingTracer(trace: string | undefined) {
  const told: string[] = [];
  const above: string[] = [];
  const tracer: Tracer = {
    begin(name): Span {
      told.push(`${[...above, name].join(' > ')} begins`);
      return {
        run(work) {
          above.push(name);
          try {
            return work();
          } finally {
            above.pop();
          }
        },
        rename: () => {},
        set: () => {},
        fail: (type) => void told.push(`${name} fails: ${type}`),
        end: () => void told.push(`${name} ends`),
      };
    },
    traceId: () => trace,
  };
  return { tracer, told };
}

class Store {
  readonly #kept = ['one', 'two', 'three'];

  get size(): number {
    return this.#kept.length;
  }

  async get(at: number): Promise<string | undefined> {
    await Promise.resolve();
    return this.#kept[at];
  }

  async fail(error: unknown): Promise<void> {
    throw error;
  }

  failAtOnce(): Promise<void> {
    throw new RangeError('secret');
  }

  async *list(): AsyncGenerator<string> {
    yield* this.#kept;
  }

  async *listAndFail(): AsyncGenerator<string> {
    yield 'one';
    throw new DomainError('unavailable', 'secret');
  }

  async open(): Promise<Store> {
    return this;
  }

  async close(): Promise<string> {
    return 'closed';
  }
}

async function all(items: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const each of items) found.push(each);
  return found;
}

function traced() {
  const { tracer, told } = recordingTracer('a trace');
  return { told, store: tracedPort(tracer, 'store', new Store(), { open: 'store.opened' }) };
}

describe('a port whose calls are traced', () => {
  test('answers as it does itself, and each call is a span until it is answered', async () => {
    const { store, told } = traced();
    const answer = store.get(1);
    expect(told).toEqual(['store.get begins']);
    expect(await answer).toBe('two');
    expect(told).toEqual(['store.get begins', 'store.get ends']);
    expect(store.size).toBe(3);
    expect(await store.close()).toBe('closed');
    expect(told).toHaveLength(2);
  });

  test('is no span where it belongs to no trace', async () => {
    const { tracer, told } = recordingTracer(undefined);
    expect(await tracedPort(tracer, 'store', new Store()).get(2)).toBe('three');
    expect(told).toEqual([]);
  });

  test('fails as it does itself, and tells the kind of failure but none of its words', async () => {
    const { store, told } = traced();
    const error = new DomainError('conflict', 'secret');
    await expect(store.fail(error)).rejects.toBe(error);
    expect(() => store.failAtOnce()).toThrow(RangeError);
    expect(told).toEqual([
      'store.fail begins',
      'store.fail fails: conflict',
      'store.fail ends',
      'store.failAtOnce begins',
      'store.failAtOnce fails: RangeError',
      'store.failAtOnce ends',
    ]);
  });

  test('lists what it does itself, in one span, to the end or as far as somebody goes', async () => {
    const { store, told } = traced();
    expect(await all(store.list())).toEqual(['one', 'two', 'three']);
    for await (const each of store.list()) {
      if (each === 'two') break;
    }
    expect(told).toEqual(['store.list begins', 'store.list ends', 'store.list begins', 'store.list ends']);
  });

  test('lists until it fails, and tells of it', async () => {
    const { store, told } = traced();
    await expect(all(store.listAndFail())).rejects.toMatchObject({ code: 'unavailable' });
    expect(told).toEqual([
      'store.listAndFail begins',
      'store.listAndFail fails: unavailable',
      'store.listAndFail ends',
    ]);
  });

  test('gives what is traced in its turn, under a name of its own', async () => {
    const { store, told } = traced();
    expect(await (await store.open()).get(0)).toBe('one');
    expect(told).toEqual([
      'store.open begins',
      'store.open ends',
      'store.opened.get begins',
      'store.opened.get ends',
    ]);
  });
});
