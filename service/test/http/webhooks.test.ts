import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/domain/audit-event.ts';
import type { Scope } from '../../src/domain/caller.ts';
import { OPERATIONS } from '../../src/operations/manifest.ts';
import { expectEmpty, expectProblem } from '../support/answers.ts';
import { DIVIDED_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { createWebhook, subscribe, webhooksOf } from '../support/webhook-calls.ts';

const URL_OF_NOBODY = 'http://127.0.0.1:9/hook';
const VALID = { url: URL_OF_NOBODY, events: ['image.ready'] };

const OURS = OPERATIONS.filter(({ path }) => path.startsWith('/webhooks'));

/** A request of each operation, about ids that nobody has. */
function requestOf({ method, path }: (typeof OURS)[number]): [path: string, init: RequestInit] {
  const body = path === '/webhooks' && method === 'POST' ? { body: JSON.stringify(VALID) } : {};
  const headers = { 'content-type': 'application/json' };
  return [path.replaceAll(/\{\w+\}/g, uuidv7()), { method, headers, ...body }];
}

const rotate = (home: Pick<TestHome, 'request'>, webhook_id: string) =>
  home.request(`/webhooks/${webhook_id}/rotate-secret`, { method: 'POST' });

describe.each(DIVIDED_HOMES)('webhooks (%s)', (kind) => {
  const home = useHome(kind, { config: { webhooks: 'internal' } });
  const remove = (webhook_id: string) => home.request(`/webhooks/${webhook_id}`, { method: 'DELETE' });

  it('are made with a secret of 256 bits that is said once, listed without it, and deleted', async () => {
    const { secret, ...made } = await subscribe(home, { url: URL_OF_NOBODY }, ['image.ready']);
    expect(made).toMatchObject({ url: URL_OF_NOBODY, events: ['image.ready'], disabled_at: null });
    expect(Buffer.from(secret.replace('whsec_', ''), 'base64').length).toBe(32);
    const other = await subscribe(home, { url: `${URL_OF_NOBODY}?of=other` });
    expect(other.secret).not.toBe(secret);
    const listed = await home.request('/webhooks');
    expect(await listed.clone().text()).not.toMatch(/whsec|secret/);
    expect(listed.headers.get('cache-control')).toBe('private, no-store');
    expect((await webhooksOf(home)).map(({ webhook_id }) => webhook_id)).toEqual([
      made.webhook_id,
      other.webhook_id,
    ]);
    await expectEmpty(await remove(made.webhook_id), 204);
    expect(await webhooksOf(home)).toMatchObject([{ webhook_id: other.webhook_id }]);
    await expectProblem(await remove(made.webhook_id), 'not_found');
    await expectEmpty(await remove(other.webhook_id), 204);
  });

  it.each([
    ['url', { ...VALID, url: 'shop.example.com' }],
    ['url', { ...VALID, url: 'ftp://shop.example.com' }],
    ['url', { ...VALID, url: 'https://user@shop.example.com' }],
    ['url', { ...VALID, url: 'https://shop.example.com/#part' }],
    ['url', { ...VALID, url: `https://shop.example.com/${'x'.repeat(1000)}` }],
    ['url', { events: VALID.events }],
    ['events', { ...VALID, events: [] }],
    ['events.0', { ...VALID, events: ['image.viewed'] }],
    ['events', { ...VALID, events: ['image.ready', 'image.ready'] }],
    ['secret', { ...VALID, secret: 'whsec_AAAA' }],
  ])('one with a wrong %s is refused: %j', async (field, body) => {
    await expectProblem(await createWebhook(home, body), 'invalid_request', field);
    expect(await webhooksOf(home)).toEqual([]);
  });

  it('are at most 20, also when they are made at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => createWebhook(home, VALID)));
    let made = answers.filter(({ status }) => status === 201).length;
    for (; made < 20; made++) await subscribe(home, VALID);
    expect(await webhooksOf(home)).toHaveLength(20);
    await expectProblem(await createWebhook(home, VALID), 'conflict', undefined, false);
    for (const { webhook_id } of await webhooksOf(home)) await expectEmpty(await remove(webhook_id), 204);
  });

  it.each(OURS.filter(({ path }) => path.includes('{')).map((row) => [row.name, row] as const))(
    '%s of one that is not there, or is none, is not found',
    async (_name, row) => {
      const [path, init] = requestOf(row);
      await expectProblem(await home.request(path, init), 'not_found');
      const odd = row.path.replaceAll(/\{\w+\}/g, '..%2Fall');
      await expectProblem(await home.request(odd, init), 'not_found');
    },
  );

  it('changes of them are in the audit, without URL and secret', async () => {
    const { webhook_id, secret } = await subscribe(home, VALID);
    const rotated = (await (await rotate(home, webhook_id)).json()) as { secret: string };
    await remove(webhook_id);
    const page = await (await home.request('/audit-events?limit=3')).text();
    expect(page).not.toContain(URL_OF_NOBODY);
    for (const each of [secret, rotated.secret]) expect(page).not.toContain(each);
    const { items } = JSON.parse(page) as { items: AuditEvent[] };
    expect(items.map(({ action, outcome, image_id }) => [action, outcome, image_id])).toEqual([
      ['delete-webhook', 'done', null],
      ['rotate-webhook-secret', 'done', null],
      ['create-webhook', 'done', null],
    ]);
  });
});

describe.each(DIVIDED_HOMES)('webhooks beyond which nothing of ours may be reached (%s)', (kind) => {
  const home = useHome(kind, { config: { webhooks: 'on' } });

  it.each([
    'http://shop.example.com/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost/',
  ])('%s is no place for messages', async (url) => {
    await expectProblem(await createWebhook(home, { ...VALID, url }), 'invalid_request', 'url');
  });

  it('an address on the internet is', async () => {
    await subscribe(home, { url: 'https://shop.example.com/hook?of=tintype' });
  });
});

describe.each(DIVIDED_HOMES)('webhooks where they are not configured (%s)', (kind) => {
  const home = useHome(kind);

  it.each(OURS.map((row) => [row.name, row] as const))('%s says so', async (_name, row) => {
    const [path, init] = requestOf(row);
    await expectProblem(await home.request(path, init), 'not_configured');
  });
});

const SCOPES_OF: Readonly<Record<string, ReadonlySet<Scope>>> = {
  reader: new Set(['images:read']),
  writer: new Set(['images:read', 'images:write']),
  admin: new Set(['images:admin']),
};

describe.each(DIVIDED_HOMES)('webhooks and who may have to do with them (%s)', (kind) => {
  const home = useHome(kind, {
    config: { webhooks: 'internal' },
    around: (context) => ({
      ...context,
      localOnly: false,
      tokens: {
        verify: async (token) => ({ user_id: 'somebody', scopes: SCOPES_OF[token] ?? new Set() }),
      },
    }),
  });
  const as = (token: string, row: (typeof OURS)[number]) => {
    const [path, init] = requestOf(row);
    const headers = { ...(init.headers as object), authorization: `Bearer ${token}` };
    return home.request(path, { ...init, headers });
  };

  it.each(OURS.map((row) => [row.name, row] as const))('%s is for admins alone', async (_name, row) => {
    for (const token of ['nobody', 'reader', 'writer']) {
      await expectProblem(await as(token, row), 'forbidden');
    }
    const done = { 'create-webhook': 201, 'list-webhooks': 200 }[row.name as string];
    expect((await as('admin', row)).status).toBe(done ?? 404);
  });
});
