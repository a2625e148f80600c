import { expect } from 'vitest';
import type { Started } from '../../support/announced-uploads.ts';
import type { Image } from '../../support/answers.ts';
import type { FaultyHome } from '../../support/faulty-home.ts';
import { sendBytes } from '../../support/send-upload.ts';
import { newPng, uploadCall } from '../../support/uploads.ts';

/** What an operation is about in one try. */
export interface Subject {
  readonly user_id: string;
  readonly image_id: string;
}

/** An operation of the AWS home whose calls of AWS fail one after the other. */
export interface WalkedOperation {
  readonly name: string;
  /** What is there before. */
  readonly prepare: (home: FaultyHome, user_id: string) => Promise<Subject>;
  readonly call: (home: FaultyHome, subject: Subject) => Promise<Response>;
  /** What a try is answered when nothing fails, and what the next one may be, which finds it done. */
  readonly succeeds: readonly number[];
  /** How many images there are in the end, wherever they lie. */
  readonly images: number;
}

const JSON_TYPE = { 'content-type': 'application/json' };

const send = (home: FaultyHome, method: string, path: string, body?: unknown, key?: string) =>
  home.request(path, {
    method,
    headers: {
      ...(body === undefined ? {} : JSON_TYPE),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

async function uploaded(home: FaultyHome, user_id: string): Promise<Subject> {
  const { path, init } = uploadCall('raw bytes', newPng(), { user_id, tags: ['sea', 'dusk'] });
  const response = await home.request(path, init);
  expect(response.status, await response.clone().text()).toBe(201);
  return { user_id, image_id: ((await response.json()) as Image).image_id };
}

const replaceIt = (home: FaultyHome, { image_id }: Subject) =>
  home.request(`/images/${image_id}/content`, {
    method: 'PUT',
    headers: { 'content-type': 'image/png' },
    body: new Uint8Array(newPng(700)),
  });

async function replaced(home: FaultyHome, user_id: string): Promise<Subject> {
  const subject = await uploaded(home, user_id);
  expect((await replaceIt(home, subject)).status).toBe(200);
  return subject;
}

async function trashed(home: FaultyHome, user_id: string): Promise<Subject> {
  const subject = await uploaded(home, user_id);
  expect((await send(home, 'DELETE', `/images/${subject.image_id}`)).status).toBe(204);
  return subject;
}

const nothing = async (_home: FaultyHome, user_id: string): Promise<Subject> => ({ user_id, image_id: '' });

/** An upload that has been announced, and whose bytes have arrived. */
const arrived =
  (method: 'put' | 'parts') =>
  async (home: FaultyHome, user_id: string): Promise<Subject> => {
    const bytes = newPng(900);
    const body = { user_id, content_type: 'image/png', size_bytes: bytes.length, method };
    const response = await send(home, 'POST', '/images/uploads', body);
    expect(response.status, await response.clone().text()).toBe(201);
    const { image, upload } = (await response.json()) as Started;
    await sendBytes(upload, bytes);
    return { user_id, image_id: image.image_id };
  };

const announceBy =
  (method: string) =>
  (home: FaultyHome, { user_id }: Subject) =>
    send(
      home,
      'POST',
      '/images/uploads',
      { user_id, content_type: 'image/png', size_bytes: 900, method, tags: ['sea'] },
      user_id,
    );

const IMAGE = newPng();

export const WALKED: readonly WalkedOperation[] = [
  {
    name: 'upload-image',
    prepare: nothing,
    call: (home, { user_id }) => {
      const { path, init } = uploadCall('raw bytes', IMAGE, { user_id, tags: ['sea', 'dusk'] });
      const headers = { ...(init.headers as Record<string, string>), 'idempotency-key': user_id };
      return home.request(path, { ...init, headers });
    },
    succeeds: [201],
    images: 1,
  },
  { name: 'start-upload (put)', prepare: nothing, call: announceBy('put'), succeeds: [201], images: 1 },
  { name: 'start-upload (parts)', prepare: nothing, call: announceBy('parts'), succeeds: [201], images: 1 },
  ...(['put', 'parts'] as const).map(
    (method): WalkedOperation => ({
      name: `complete-upload (${method})`,
      prepare: arrived(method),
      call: (home, { image_id }) => send(home, 'POST', `/images/${image_id}/complete`),
      succeeds: [200],
      images: 1,
    }),
  ),
  { name: 'replace-image', prepare: uploaded, call: replaceIt, succeeds: [200], images: 1 },
  {
    name: 'restore-version',
    prepare: replaced,
    call: (home, { image_id }) => send(home, 'POST', `/images/${image_id}/versions/1/restore`),
    succeeds: [200],
    images: 1,
  },
  {
    name: 'update-image',
    prepare: uploaded,
    call: (home, { image_id }) => send(home, 'PATCH', `/images/${image_id}`, { title: 'x', tags: ['new'] }),
    succeeds: [200],
    images: 1,
  },
  {
    name: 'delete-image (to the trash)',
    prepare: uploaded,
    call: (home, { image_id }) => send(home, 'DELETE', `/images/${image_id}`),
    succeeds: [204, 404],
    images: 1,
  },
  {
    name: 'delete-image (for good)',
    prepare: replaced,
    call: (home, { image_id }) => send(home, 'DELETE', `/images/${image_id}?permanent=true`),
    succeeds: [204, 404],
    images: 0,
  },
  {
    name: 'restore-image',
    prepare: trashed,
    call: (home, { image_id }) => send(home, 'POST', `/images/${image_id}/restore`),
    succeeds: [200, 404],
    images: 1,
  },
  {
    name: 'delete-images',
    prepare: uploaded,
    call: (home, { image_id }) =>
      send(home, 'POST', '/images/bulk-delete', { image_ids: [image_id], permanent: true }),
    succeeds: [200],
    images: 0,
  },
  {
    name: 'create-link',
    prepare: uploaded,
    call: (home, { image_id, user_id }) => send(home, 'POST', `/images/${image_id}/links`, {}, user_id),
    succeeds: [201],
    images: 1,
  },
  {
    name: 'erase-user',
    prepare: replaced,
    call: (home, { user_id }) => send(home, 'DELETE', `/users/${user_id}/images`),
    succeeds: [202],
    images: 0,
  },
  ...['', '/content', '/versions', '/links'].map(
    (path): WalkedOperation => ({
      name: `a look at an image${path}`,
      prepare: uploaded,
      call: (home, { image_id }) => send(home, 'GET', `/images/${image_id}${path}`),
      succeeds: [200, 302],
      images: 1,
    }),
  ),
  {
    name: 'list-images',
    prepare: uploaded,
    call: (home, { user_id }) => send(home, 'GET', `/images?user_id=${user_id}&tag=sea`),
    succeeds: [200],
    images: 1,
  },
  {
    name: 'get-usage',
    prepare: uploaded,
    call: (home, { user_id }) => send(home, 'GET', `/users/${user_id}/usage`),
    succeeds: [200],
    images: 1,
  },
];
