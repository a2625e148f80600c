import { beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { AuditEvent } from '../../src/domain/audit-event.ts';
import { newImageId } from '../../src/domain/image-id.ts';
import { auditEventListSchema } from '../../src/http/schemas.ts';
import { expectEmpty, expectProblem } from '../support/answers.ts';
import { DIVIDED_HOMES, openTestHome, type TestHome, useHome } from '../support/homes.ts';
import { sampleEvent } from '../support/sample-event.ts';
import { sampleRecord } from '../support/sample-record.ts';

type Home = Pick<TestHome, 'request' | 'context'>;

const DAY = 86_400_000;

/** Ten whole days ago: what is too old is not shown, and on AWS not there. */
const FIRST = Math.floor(Date.now() / DAY) * DAY - 10 * DAY;
const at = (milliseconds: number) => new Date(FIRST + milliseconds).toISOString();
const day = (days: number) => at(days * DAY).slice(0, 10);

async function page(home: Home, query: string, key: string | null = null) {
  const more = key === null ? '' : `&last_evaluated_key=${encodeURIComponent(key)}`;
  const response = await home.request(`/audit-events?${query}${more}`);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  expect(response.headers.get('cache-control')).toBe('private, no-store');
  const list = auditEventListSchema.parse(JSON.parse(text));
  expect(list.count).toBe(list.items.length);
  return list;
}

async function allPages(home: Home, query: string): Promise<z.infer<typeof auditEventListSchema>['items']> {
  const items = [];
  let key: string | null = null;
  do {
    const next = await page(home, query, key);
    items.push(...next.items);
    expect(next.last_evaluated_key === null || next.last_evaluated_key !== key).toBe(true);
    key = next.last_evaluated_key;
  } while (key !== null);
  return items;
}

const IMAGE = sampleRecord({ user_id: 'alice' });
const OTHERS = newImageId(FIRST);

/** Oldest first, and of those of one time in the order of their ids. The first three are of changes, the others of none. */
const EVENTS: readonly AuditEvent[] = [
  { at: at(0), action: 'upload-image', image_id: IMAGE.image_id },
  { at: at(DAY), action: 'update-image', image_id: IMAGE.image_id },
  { at: at(2 * DAY), action: 'delete-image', image_id: IMAGE.image_id, actor: 'root' },
  { at: at(2 * DAY), action: 'delete-image', image_id: OTHERS, actor: 'mallory', user_id: 'bob' },
  { at: at(3 * DAY), action: 'delete-image', image_id: OTHERS, actor: 'bob', user_id: 'bob' },
  { at: at(4 * DAY), action: 'erase-user', image_id: null, actor: 'root', user_id: 'bob' },
  { at: at(5 * DAY), action: 'upload-image', image_id: null, actor: null, user_id: null, address: null },
].map((event, n) =>
  sampleEvent({
    ...event,
    event_id: `${newImageId(Date.parse(event.at)).slice(0, 13)}-7000-8000-00000000000${n}`,
    outcome: n === 3 || n === 6 ? 'refused' : 'done',
    request_id: `request-${n}`,
  }),
);

async function record(home: Home): Promise<void> {
  const { index, audit } = home.context.deps;
  const [made, changed, removed, ...others] = EVENTS;
  const next = { ...IMAGE, title: 'changed', revision: 2 };
  await index.insert(IMAGE, [], made);
  await index.replace(IMAGE, next, [], changed);
  await index.remove(next, [], removed);
  for (const event of others) await audit.record(event);
}

const places = (events: readonly Pick<AuditEvent, 'request_id'>[]) =>
  events.map(({ request_id }) => request_id.replace('request-', '')).join(' ');

describe.each(DIVIDED_HOMES)('list-audit-events (%s)', (kind) => {
  const home = useHome(kind);
  beforeAll(() => record(home));

  it.each([
    ['', '6 5 4 3 2 1 0'],
    ['user_id=alice', '2 1 0'],
    ['user_id=bob', '5 4 3'],
    ['user_id=Alice', ''],
    [`image_id=${IMAGE.image_id}`, '2 1 0'],
    [`image_id=${OTHERS}&user_id=bob`, '4 3'],
    [`image_id=${OTHERS}&user_id=alice`, ''],
    ['actor=root', '5 2'],
    ['actor=root&user_id=bob', '5'],
    ['action=delete-image', '4 3 2'],
    ['action=delete-image&user_id=bob', '4 3'],
    ['action=restore-image', ''],
    ['outcome=refused', '6 3'],
    ['outcome=refused&user_id=bob', '3'],
    ['outcome=done&actor=bob&action=delete-image', '4'],
    [`date_range=${day(1)}/${day(2)}`, '3 2 1'],
    [`date_range=${day(4)}/..`, '6 5'],
    [`date_range=../${day(0)}`, '0'],
    [`date_range=${encodeURIComponent(`${at(2 * DAY)}/${at(3 * DAY)}`)}&user_id=bob`, '4 3'],
    [`date_range=${day(6)}/${day(7)}`, ''],
  ])('?%s finds %s, newest first', async (query, expected) => {
    expect(places(await allPages(home, query))).toBe(expected);
    for (const limit of [1, 2, 200]) {
      expect(places(await allPages(home, `${query}&limit=${limit}`))).toBe(expected);
    }
  });

  it('an event is shown as it was written, whole', async () => {
    const { items, last_evaluated_key } = await page(home, '');
    expect(items.toSorted((a, b) => (a.request_id < b.request_id ? -1 : 1))).toEqual(EVENTS);
    expect(Object.keys(items[0] ?? {})).toEqual([
      'event_id',
      'at',
      'actor',
      'action',
      'image_id',
      'user_id',
      'outcome',
      'request_id',
      'address',
    ]);
    expect(last_evaluated_key).toBeNull();
  });

  it('HEAD answers as GET does, without the body', async () => {
    await expectEmpty(await home.request('/audit-events?user_id=alice', { method: 'HEAD' }), 200);
    await expectEmpty(await home.request('/audit-events?colour=red', { method: 'HEAD' }), 400);
  });

  it.each([
    ['colour=red', 'colour'],
    ['user_id=', 'user_id'],
    ['user_id=a&user_id=b', 'user_id'],
    ['actor=%0A', 'actor'],
    ['image_id=x', 'image_id'],
    [`image_id=${OTHERS.toUpperCase()}`, 'image_id'],
    ['action=Delete%20Image', 'action'],
    ['outcome=maybe', 'outcome'],
    ['date_range=yesterday', 'date_range'],
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['order=oldest', 'order'],
    ['last_evaluated_key=x', 'last_evaluated_key'],
  ])('?%s is refused and names the field', async (query, field) => {
    await expectProblem(await home.request(`/audit-events?${query}`), 'invalid_request', field);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('is only read: %s is refused', async (method) => {
    await expectProblem(await home.request('/audit-events', { method }), 'method_not_allowed');
  });
});

describe.each(DIVIDED_HOMES)('last_evaluated_key of the audit belongs to its list (%s)', (kind) => {
  const home = useHome(kind);
  beforeAll(() => record(home));
  const LONG = `user_id=bob&date_range=${day(0)}/${day(9)}`;

  const keyOf = async (query: string, at: Home = home) =>
    (await page(at, `${query}&limit=1`)).last_evaluated_key ?? '';
  const refused = async (path: string, key: string) =>
    expectProblem(
      await home.request(`${path}&last_evaluated_key=${encodeURIComponent(key)}`),
      'invalid_request',
      'last_evaluated_key',
    );

  it.each([
    ['no filter', ''],
    ['another user', LONG.replace('bob', 'alice')],
    ['no user', LONG.replace('user_id=bob', '')],
    ['an image', `${LONG}&image_id=${OTHERS}`],
    ['an actor', `${LONG}&actor=bob`],
    ['the actor in place of the user', LONG.replace('user_id', 'actor')],
    ['an action', `${LONG}&action=delete-image`],
    ['an outcome', `${LONG}&outcome=done`],
    ['another range', LONG.replace(day(9), day(8))],
    ['no range', 'user_id=bob'],
  ])('with %s it is refused', async (_what, query) => {
    await refused(`/audit-events?${query}`, await keyOf(LONG));
  });

  it('that of images is of no use to it, nor its own to images', async () => {
    const { index } = home.context.deps;
    for (let n = 0; n < 2; n++) await index.insert(sampleRecord({ user_id: 'bob' }));
    const answer = (await (await home.request('/images?user_id=bob&limit=1')).json()) as object;
    const { last_evaluated_key } = answer as { last_evaluated_key: string };
    expect(last_evaluated_key).toMatch(/./);
    await refused('/audit-events?user_id=bob', last_evaluated_key);
    await refused('/images?user_id=bob', await keyOf('user_id=bob'));
  });

  it('one that was changed, or is of another installation, is refused', async () => {
    const key = await keyOf(LONG);
    for (const forged of [`${key}A`, key.slice(0, -1), `A${key}`, key.toUpperCase(), `${key}.`]) {
      await refused(`/audit-events?${LONG}`, forged);
    }
    await using homes = new AsyncDisposableStack();
    const other = homes.adopt(await openTestHome(kind), (opened) => opened.close());
    await record(other);
    await refused(`/audit-events?${LONG}`, await keyOf(LONG, other));
  });

  it('stays good while events are added, and leads to none of those', async () => {
    const first = await page(home, `${LONG}&limit=1`);
    const newer = sampleEvent({ user_id: 'bob', at: at(6 * DAY), request_id: 'request-9' });
    await home.context.deps.audit.record(newer);
    expect(places((await page(home, LONG, first.last_evaluated_key)).items)).toBe('4 3');
    expect(places((await page(home, LONG)).items)).toBe('9 5 4 3');
  });
});

describe.each(DIVIDED_HOMES)('how long events are shown (%s)', (kind) => {
  const home = useHome(kind, { config: { auditDays: 30 } });

  it('is as long as is configured, whatever is there still', async () => {
    await record(home);
    home.clock.set(at(30 * DAY));
    expect(places(await allPages(home, 'limit=2'))).toBe('6 5 4 3 2 1 0');
    home.clock.set(at(30 * DAY + 1));
    expect(places(await allPages(home, 'user_id=alice'))).toBe('2 1');
    const key = (await page(home, 'user_id=alice&limit=1')).last_evaluated_key;
    home.clock.set(at(32 * DAY));
    expect(places(await allPages(home, `date_range=${day(0)}/${day(1)}`))).toBe('');
    expect(await page(home, 'user_id=alice', key)).toMatchObject({ items: [], last_evaluated_key: null });
    home.clock.set(at(60 * DAY));
    expect(await allPages(home, '')).toEqual([]);
  });
});

describe.each(DIVIDED_HOMES)('texts that callers make (%s)', (kind) => {
  const home = useHome(kind);

  it('come back as they were, and break neither the answer nor its headers', async () => {
    const hostile = `"'; DROP TABLE audit\r\nset-cookie: a=b\u0000\u2028🦅</script>`;
    const event = sampleEvent({ at: at(0), actor: hostile, request_id: hostile, address: hostile });
    await home.context.deps.audit.record(event);
    const response = await home.request('/audit-events?user_id=alice');
    const text = await response.clone().text();
    expect(text).not.toMatch(/[\r\n\0]/);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect((await page(home, 'user_id=alice')).items).toEqual([event]);
  });
});
