import { DomainError } from '../../domain/errors.ts';
import type { Span, Tracer } from '../../ports/tracer.ts';

/** What is called so often, or does so little, that a span of its own would tell nothing. */
const UNTRACED: ReadonlySet<PropertyKey> = new Set(['write', 'close', 'stream', 'willBe']);

/**
 * A port whose every call is a span, named after both, such as `index.insert`: from the call until its promise
 * is settled, or until what it lists has been gone through. Calls that belong to no trace (sweeps) are none.
 * @param yields names of what some of its methods give, whose calls are then spans as well.
 */
export function tracedPort<Port extends object>(
  tracer: Tracer,
  name: string,
  port: Port,
  yields: Readonly<Record<string, string>> = {},
): Port {
  return new Proxy(port, {
    get(of, method) {
      const value: unknown = Reflect.get(of, method, of);
      if (typeof value !== 'function') return value;
      if (typeof method !== 'string' || UNTRACED.has(method)) return value.bind(of);
      const given = yields[method];
      return (...values: readonly unknown[]) =>
        traced(tracer, `${name}.${method}`, () => {
          const result: unknown = Reflect.apply(value, of, values);
          if (given === undefined || !(result instanceof Promise)) return result;
          return result.then((inner: unknown) =>
            typeof inner === 'object' && inner !== null ? tracedPort(tracer, given, inner) : inner,
          );
        });
    },
  });
}

function traced(tracer: Tracer, name: string, call: () => unknown): unknown {
  if (tracer.traceId() === undefined) return call();
  const span = tracer.begin(name, { kind: 'call' });
  try {
    const result = span.run(call);
    if (result instanceof Promise) return settled(result, span);
    if (isAsyncIterable(result)) return iterated(result, span);
    span.end();
    return result;
  } catch (error) {
    failed(span, error);
    throw error;
  }
}

async function settled(result: Promise<unknown>, span: Span): Promise<unknown> {
  try {
    return await result;
  } catch (error) {
    span.fail(kindOf(error));
    throw error;
  } finally {
    span.end();
  }
}

/** Ends with the last step, or when whoever goes through it stops. */
async function* iterated(items: AsyncIterable<unknown>, span: Span): AsyncGenerator<unknown> {
  const steps = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await span.run(() => steps.next());
      if (step.done) return;
      yield step.value;
    }
  } catch (error) {
    span.fail(kindOf(error));
    throw error;
  } finally {
    await span.run(() => steps.return?.());
    span.end();
  }
}

function failed(span: Span, error: unknown): void {
  span.fail(kindOf(error));
  span.end();
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** Messages may have in them what a span must not. */
function kindOf(error: unknown): string {
  if (error instanceof DomainError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
