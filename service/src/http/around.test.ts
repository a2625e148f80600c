import { Hono, type MiddlewareHandler } from 'hono';
import { describe, expect, test } from 'vitest';
import { around } from './around.ts';
import type { Env } from './context.ts';

const onError = (error: Error) => new Response(`failed: ${error.message}`, { status: 500 });

/** Says when it is entered and left, and what it sees when it is left. */
function told(told: string[], name: string): MiddlewareHandler<Env> {
  return async (c, next) => {
    told.push(`${name} in`);
    await next();
    told.push(`${name} out ${c.res.status} ${c.error?.message ?? ''}`.trim());
    c.res.headers.append('way', name);
  };
}

type Mount = (app: Hono<Env>, middlewares: readonly MiddlewareHandler<Env>[]) => void;

const WAYS: readonly (readonly [string, Mount])[] = [
  ['around', (app, middlewares) => app.use(around(middlewares, onError))],
  ['app.use', (app, middlewares) => middlewares.map((each) => app.use(each))],
];

const throwing: MiddlewareHandler<Env> = async () => {
  throw new Error('refused');
};
const throwingLater: MiddlewareHandler<Env> = async (_c, next) => {
  await next();
  throw new Error('too late');
};
const answering: MiddlewareHandler<Env> = async () => new Response('here already', { status: 418 });
const passing: MiddlewareHandler<Env> = (_c, next) => next();

describe.each([
  ['let everything pass', passing, '/', 200],
  ['throw', throwing, '/', 500],
  ['throw on the way back', throwingLater, '/', 500],
  ['answer themselves', answering, '/', 418],
  ['are around what throws', passing, '/throws', 500],
  ['are around what is not there', passing, '/nowhere', 404],
] as const)('middlewares that %s', (_what, middleware, path, status) => {
  test('do what they do when they are handed to the app one by one', async () => {
    const seen: { said: string[]; body: string; way: string | null; status: number }[] = [];
    for (const [, mount] of WAYS) {
      const said: string[] = [];
      const app = new Hono<Env>();
      mount(app, [told(said, 'outer'), told(said, 'middle'), middleware, told(said, 'inner')]);
      app.get('/', () => new Response('done'));
      app.get('/throws', () => {
        throw new Error('handler');
      });
      app.onError(onError);
      const answer = await app.request(path);
      const { headers } = answer;
      seen.push({ said, body: await answer.text(), way: headers.get('way'), status: answer.status });
    }
    const [one, other] = seen;
    expect(one).toEqual(other);
    expect(one?.status).toBe(status);
    expect(one?.said.at(-1)).toContain(`outer out ${status}`);
  });
});
