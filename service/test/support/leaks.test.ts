import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { unavailable } from '../../src/domain/errors.ts';
import { openTestHome } from './homes.ts';
import { leaksIn, leaksInLine, watchLeaks } from './leaks.ts';
import { recordingLog } from './recording-log.ts';
import { signed, usual } from './token-issuer.ts';

const SECRET = 'a secret of these tests alone, long enough';
const KEYS = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const TOKEN = await signed(usual(Date.now()), { alg: 'HS256' }, Buffer.from(SECRET));

const SIGNED = [
  'https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIDEXAMPLE%2F20260504&X-Amz-Expires=1',
  'https://b.s3.amazonaws.com/k?X-Amz-Signature=0123456789abcdef',
  '/objects/alice/x?expires=1&signature=0123456789abcdef',
  'https://d.cloudfront.net/k?Signature=abcdefgh~ij-k_',
  'https://x.example/?sig=abcdefgh12345678',
];

const STACK = new Error('broken').stack ?? '';

const NOT_EVEN_OPERATORS: readonly (readonly [what: string, text: string])[] = [
  ['a JSON Web Token', `the token ${TOKEN} is bad`],
  ['a JSON Web Token', TOKEN.replace(/[^.]+$/, '')],
  ['credentials of a header', 'authorization: Bearer abcdef0123456789'],
  ['credentials of a header', 'Basic YWxpY2U6c2VjcmV0'],
  ...SIGNED.map((url) => ['a signature of a URL', url] as const),
  ['a key in PEM', String(KEYS.publicKey.export({ type: 'spki', format: 'pem' }))],
  ['a key in PEM', String(KEYS.privateKey.export({ type: 'pkcs8', format: 'pem' }))],
  ['a secret of the configuration', `signed with ${SECRET}.`],
];

const FOR_OPERATORS: readonly (readonly [what: string, text: string])[] = [
  ['a stack', STACK],
  ['a stack', 'Error: x\n    at node:internal/process/task_queues:95:5'],
  ['a stack', 'Error: x\n    at f (file:///srv/app.ts:1:2)'],
  ['a folder of modules', 'sharp in node_modules is broken'],
  ['a path of this machine', "ENOENT: no such file or directory, open '/tmp/x/y'"],
  ['a path of this machine', "ENOENT: no such file or directory, open '/dev/shm/x/y'"],
  ['a path of this machine', '/home/alice/data'],
];

test.each([...NOT_EVEN_OPERATORS, ...FOR_OPERATORS])('%s is found in an answer: %s', (what, text) => {
  expect(leaksIn(JSON.stringify({ detail: text }), [SECRET])).toContain(what);
});

test.each(NOT_EVEN_OPERATORS)('%s is found in every part of a log line: %s', (what, text) => {
  for (const fields of [
    { a: { b: text } },
    { err: new Error(text) },
    { err: unavailable('x', new Error(text)) },
  ]) {
    const watch = watchLeaks([SECRET]);
    watch.log(recordingLog()).error(fields, 'failed');
    expect(() => watch.mustBeClean()).toThrow(what);
  }
  expect(leaksInLine(text, [SECRET])).toContain(what);
});

test.each(FOR_OPERATORS)('%s is found in a log line but for its error: %s', (what, text) => {
  const said = (fields: object) => {
    const watch = watchLeaks([SECRET]);
    watch.log(recordingLog()).error(fields, 'failed');
    return () => watch.mustBeClean();
  };
  expect(said({ reason: text })).toThrow(what);
  expect(said({ err: Object.assign(new Error('broken'), { more: text }) })).toThrow(what);
  expect(said({ err: new Error(text) })).not.toThrow();
});

test.each([
  'A token is needed: send it as `Authorization: Bearer ...`.',
  'Authorization must be `Bearer` and a token.',
  '/objects/* and /images/:image_id',
  'The signature is missing.',
  '2026-05-04T03:02:01.000Z',
])('nothing is found in what is always said: %s', (text) => {
  expect(leaksIn(text, [SECRET])).toEqual([]);
});

test('people may be called like a path, and not like a token', () => {
  const line = (user_id: string) => JSON.stringify({ user_id, job: { user_id }, caller: `user ${user_id}` });
  expect(leaksInLine(line('/etc/passwd'))).toEqual([]);
  expect(leaksInLine(line(TOKEN))).toEqual(['a JSON Web Token']);
  expect(leaksInLine(JSON.stringify({ image: '/etc/passwd' }))).toEqual(['a path of this machine']);
});

test('the data folder may be named by the process, and by no line of a request', () => {
  const said = (fields: object) => {
    const watch = watchLeaks([], '/tmp/data of ours');
    watch.log(recordingLog()).info(fields, 'The data lies in /tmp/data of ours.');
    return () => watch.mustBeClean();
  };
  expect(said({})).not.toThrow();
  expect(said({ more: '/tmp/data' })).toThrow('a path of this machine');
  expect(said({ request_id: 'x' })).toThrow('a path of this machine');
});

test('a watched object does what it did, and is told of once', () => {
  const watch = watchLeaks([SECRET]);
  class Counter {
    #count = 0;
    add(_event: object): number {
      return ++this.#count;
    }
  }
  const counter = watch.given(new Counter(), 'An event', ([, event]) => event);
  expect([counter.add({}), counter.add({ token: TOKEN })]).toEqual([1, 2]);
  expect(() => watch.mustBeClean()).toThrow('An event has a JSON Web Token');
  expect(() => watch.mustBeClean()).not.toThrow();
});

test.each([
  ['an error says', (text: string) => unavailable(`It failed at ${text}.`, undefined), 'An answer'],
  ['the log says', (text: string) => unavailable('It failed.', new Error(text)), 'A line of the log'],
])('a request fails where %s too much', async (_where, failure, told) => {
  const home = await openTestHome('memory', {
    around: (context) => ({
      ...context,
      async checkReady() {
        throw new Error('not ready', { cause: failure(SIGNED[1] ?? '') });
      },
      deps: {
        ...context.deps,
        index: { ...context.deps.index, list: () => Promise.reject(failure(SIGNED[1] ?? '')) },
      },
    }),
  });
  await expect(home.request('/images')).rejects.toThrow(`${told} has a signature of a URL`);
  await home.close();
});
