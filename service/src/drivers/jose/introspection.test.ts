import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../../test/support/free-port.ts';
import {
  INTROSPECTION_SECRET,
  type IntrospectionServer,
  sendJson,
  startIntrospection,
} from '../../../test/support/introspection-server.ts';
import type { Scope } from '../../domain/caller.ts';
import { type DomainError, isDomainError } from '../../domain/errors.ts';
import { createIntrospection, type IntrospectionOptions } from './introspection.ts';

const TOKEN = 'header.claims.signature';

const STEP_UP = { acr_values: ['mfa'], max_age: undefined };

function asking({ url }: { readonly url: string }, options: Partial<IntrospectionOptions> = {}) {
  const secret = async () => INTROSPECTION_SECRET;
  return createIntrospection({
    url: new URL(url),
    clientId: 'a client: ä',
    secret,
    scopePrefix: '',
    ...options,
  });
}

const verified = (...scopes: readonly Scope[]) => ({ user_id: 'alice', scopes: new Set(scopes) });

/** What is thrown, which must be an error of the domain. */
async function failureOf(confirmed: Promise<unknown>): Promise<DomainError> {
  const error = await confirmed.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isDomainError(error)) throw new Error('Nothing, or something else, was thrown.', { cause: error });
  return error;
}

describe('a question', () => {
  test('is a form with the token, of a client whose name and secret are encoded (RFC 7662, RFC 6749)', async () => {
    const issuer = await startIntrospection();
    await asking(issuer)(TOKEN, verified('images:read'));
    const [question, ...more] = issuer.questions;
    expect(more).toEqual([]);
    expect(question).toMatchObject({
      method: 'POST',
      fields: { token: TOKEN, token_type_hint: 'access_token' },
      headers: { accept: 'application/json' },
    });
    expect(question?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    const [, credentials = ''] = /^Basic (\S+)$/.exec(question?.headers.authorization ?? '') ?? [];
    const [id, secret] = Buffer.from(credentials, 'base64').toString().split(':');
    expect(id).toBe('a+client%3A+%C3%A4');
    expect(secret).toBe('a+secret+of+the+issuer%3A+100+%25+of+its+own');
  });

  test('is asked anew each time, and each time its answer counts', async () => {
    const issuer = await startIntrospection();
    const confirm = asking(issuer);
    await confirm(TOKEN, verified('images:read'));
    issuer.say({ active: false });
    const failure = await failureOf(confirm(TOKEN, verified('images:read')));
    expect(failure).toMatchObject({ code: 'unauthenticated', message: 'The token has been withdrawn.' });
    issuer.say({ active: true });
    await confirm(TOKEN, verified('images:read'));
    expect(issuer.questions).toHaveLength(3);
  });

  test('is asked once more where the issuer has closed the connection that was kept, and then not again', async () => {
    const issuer = await startIntrospection();
    const confirm = asking(issuer);
    await confirm(TOKEN, verified());
    const sockets: Socket[] = [];
    issuer.answer((response) => {
      if (response.socket) sockets.push(response.socket);
      if (sockets.length === 1) response.socket?.destroy();
      else sendJson(response, { active: true });
    });
    await confirm(TOKEN, verified());
    expect(sockets).toHaveLength(2);
    issuer.answer((response) => response.socket?.destroy());
    expect((await failureOf(confirm(TOKEN, verified()))).code).toBe('unavailable');
    expect(issuer.questions).toHaveLength(5);
  });

  test('is not put to an issuer of whom enough is asked: 503, and others go on', async () => {
    const issuer = await startIntrospection();
    const waiting: ServerResponse[] = [];
    issuer.answer((response) => waiting.push(response));
    const confirm = asking(issuer, { mostAtOnce: 2 });
    const under = [confirm(TOKEN, verified()), confirm(TOKEN, verified())];
    expect((await failureOf(confirm(TOKEN, verified()))).code).toBe('unavailable');
    await expect.poll(() => waiting.length).toBe(2);
    for (const response of waiting) sendJson(response, { active: true });
    await Promise.all(under);
    issuer.say({ active: true });
    await confirm(TOKEN, verified());
    expect(issuer.questions).toHaveLength(3);
  });
});

describe('what the issuer says of scopes', () => {
  const ALL = ['images:read', 'images:write', 'images:admin'] as const;

  test.each<[what: string, answer: object, given: readonly Scope[], expected: readonly Scope[]]>([
    ['nothing', {}, ALL, ALL],
    ['the same', { scope: ALL.join(' ') }, ALL, ALL],
    ['fewer', { scope: 'openid images:read' }, ALL, ['images:read']],
    ['others', { scope: 'openid' }, ALL, []],
    ['none', { scope: '' }, ALL, []],
    ['more: nothing is added', { scope: ALL.join(' ') }, ['images:read'], ['images:read']],
    ['a list, as some have it', { scp: ['images:write'] }, ALL, ['images:write']],
    ['what is no text', { scope: null }, ALL, []],
  ])('%s', async (_what, answer, given, expected) => {
    const issuer = await startIntrospection();
    issuer.say({ active: true, ...answer });
    const confirmed = await asking(issuer)(TOKEN, verified(...given));
    expect(confirmed.user_id).toBe('alice');
    expect([...confirmed.scopes]).toEqual(expected);
  });

  test('counts with the prefix that its tokens have', async () => {
    const issuer = await startIntrospection();
    issuer.say({ active: true, scope: 'images:write tintype/images:read' });
    const confirmed = await asking(issuer, { scopePrefix: 'tintype/' })(TOKEN, verified(...ALL));
    expect([...confirmed.scopes]).toEqual(['images:read']);
  });

  test('takes the right to be asked for another sign-in as well', async () => {
    const issuer = await startIntrospection();
    const confirm = asking(issuer);
    const weak = { ...verified('images:read'), stepUp: STEP_UP };
    expect(await confirm(TOKEN, weak)).toEqual(weak);
    issuer.say({ active: true, scope: 'images:read images:admin' });
    expect(await confirm(TOKEN, weak)).toEqual(weak);
    issuer.say({ active: true, scope: 'images:read' });
    expect((await confirm(TOKEN, weak)).stepUp).toBeUndefined();
  });
});

describe('nobody can tell where the issuer', () => {
  const HUGE = JSON.stringify({ active: true, more: 'x'.repeat(70_000) });

  test.each<[what: string, answer: (response: ServerResponse) => void]>([
    ['answers no JSON', (response) => response.end(`<html>${TOKEN}`)],
    ['answers nothing', (response) => response.end()],
    ['answers what is no object', (response) => sendJson(response, [true])],
    ['answers null', (response) => sendJson(response, null)],
    ['does not say whether the token is active', (response) => sendJson(response, { scope: 'images:read' })],
    ['says so in a text', (response) => sendJson(response, { active: 'true' })],
    ['answers more than there is to say', (response) => response.end(HUGE)],
    ['does not know us', (response) => sendJson(response, { error: 'invalid_client' }, 401)],
    ['answers 204', (response) => response.writeHead(204).end()],
    ['fails', (response) => sendJson(response, { active: true }, 500)],
    [
      'breaks off',
      (response) => response.writeHead(200, { 'content-length': '9' }).write('{', () => response.destroy()),
    ],
    ['never answers', () => {}],
    ['begins to answer, and never ends', (response) => response.writeHead(200).write('{"active":')],
  ])('%s: 503, and the log learns neither token nor secret', async (_what, answer) => {
    const issuer = await startIntrospection();
    issuer.answer(answer);
    const failure = await failureOf(asking(issuer, { askMs: 300 })(TOKEN, verified('images:read')));
    expect(failure.code).toBe('unavailable');
    expect(failure.cause).toBeInstanceOf(Error);
    for (const hidden of [TOKEN, INTROSPECTION_SECRET, '<html>']) {
      expect(`${failure.message} ${(failure.cause as Error).message}`).not.toContain(hidden);
    }
  });

  test.each([301, 302, 303, 307, 308])('leads elsewhere, by %i', async (status) => {
    const elsewhere = await startIntrospection();
    const issuer = await startIntrospection();
    issuer.answer((response) => response.writeHead(status, { location: elsewhere.url }).end());
    expect((await failureOf(asking(issuer)(TOKEN, verified()))).code).toBe('unavailable');
    expect(elsewhere.questions).toEqual([]);
  });

  test('is not there', async () => {
    expect(
      (await failureOf(asking({ url: `http://127.0.0.1:${await freePort()}` })(TOKEN, verified()))).code,
    ).toBe('unavailable');
  });

  test('has a secret that cannot be read', async () => {
    const issuer: IntrospectionServer = await startIntrospection();
    const secret = async () => {
      throw new Error('There is no such secret.');
    };
    expect((await failureOf(asking(issuer, { secret })(TOKEN, verified()))).code).toBe('unavailable');
    expect(issuer.questions).toEqual([]);
  });
});
