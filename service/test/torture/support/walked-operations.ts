import { expect } from 'vitest';
import type { ImageRecord } from '../../../src/domain/image.ts';
import { isImageId } from '../../../src/domain/image-id.ts';
import { presetFileName } from '../../../src/domain/rendition-name.ts';
import type { Started } from '../../support/announced-uploads.ts';
import type { Image } from '../../support/answers.ts';
import { sendBytes } from '../../support/send-upload.ts';
import { keysOf } from '../../support/stored-bytes.ts';
import { newPng, uploadCall } from '../../support/uploads.ts';
import type { WalkedHome } from './walked-home.ts';
import type { Subject, WalkedOperation } from './walked-operation.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

export const send = (home: WalkedHome, method: string, path: string, body?: unknown, key?: string) =>
  home.request(path, {
    method,
    headers: {
      ...(body === undefined ? {} : JSON_TYPE),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

export async function uploaded(home: WalkedHome, user_id: string): Promise<Subject> {
  const { path, init } = uploadCall('raw bytes', newPng(), { user_id, tags: ['sea', 'dusk'] });
  const response = await home.request(path, init);
  expect(response.status, await response.clone().text()).toBe(201);
  return { user_id, image_id: ((await response.json()) as Image).image_id };
}

export const replaceIt = (home: WalkedHome, { image_id }: Subject) =>
  home.request(`/images/${image_id}/content`, {
    method: 'PUT',
    headers: { 'content-type': 'image/png' },
    body: new Uint8Array(newPng(700)),
  });

export async function replaced(home: WalkedHome, user_id: string): Promise<Subject> {
  const subject = await uploaded(home, user_id);
  expect((await replaceIt(home, subject)).status).toBe(200);
  return subject;
}

export async function trashed(home: WalkedHome, user_id: string): Promise<Subject> {
  const subject = await uploaded(home, user_id);
  expect((await send(home, 'DELETE', `/images/${subject.image_id}`)).status).toBe(204);
  return subject;
}

export const nothing = async (_home: WalkedHome, user_id: string): Promise<Subject> => ({
  user_id,
  image_id: '',
});

/** An upload that has been announced, and whose bytes have arrived. */
export const arrived =
  (method: 'put' | 'parts') =>
  async (home: WalkedHome, user_id: string): Promise<Subject> => {
    const bytes = newPng(900);
    const body = { user_id, content_type: 'image/png', size_bytes: bytes.length, method };
    const response = await send(home, 'POST', '/images/uploads', body);
    expect(response.status, await response.clone().text()).toBe(201);
    const { image, upload } = (await response.json()) as Started;
    await sendBytes(upload, bytes);
    return { user_id, image_id: image.image_id };
  };

/** An upload in parts of which nothing has arrived. */
async function announced(home: WalkedHome, user_id: string): Promise<Subject> {
  const response = await announceBy('parts')(home, { user_id, image_id: '' });
  expect(response.status, await response.clone().text()).toBe(201);
  return { user_id, image_id: ((await response.json()) as Started).image.image_id };
}

/** An image with all that is made of every image. */
export async function processed(home: WalkedHome, user_id: string): Promise<Subject> {
  const subject = await uploaded(home, user_id);
  await home.hand(await home.take('process-image', subject.image_id));
  return subject;
}

/** What is made of an image of the scripted renderer's size when it is asked for in this width, as PNG. */
export const RENDITION = 'w100-h67-inside-q100.png';

/** The names of all that has been made of a user's images. */
export async function renditionsOf(home: WalkedHome, { user_id }: Subject): Promise<string[]> {
  const keys = await keysOf(home.deps.objects, `.renditions/${user_id}/`);
  return keys.map((key) => key.slice(key.lastIndexOf('/') + 1));
}

/** The names of what the record says has been made of an image, as they are sorted. */
export async function presetsOf(home: WalkedHome, { image_id }: Subject): Promise<string[]> {
  const { presets } = await recordOf(home, image_id);
  if (!presets) throw new Error('Nothing has been made of the image.');
  return presets.names.map((name) => presetFileName(name, presets.format)).sort();
}

export async function recordOf(home: WalkedHome, image_id: string): Promise<ImageRecord> {
  const record = isImageId(image_id) ? await home.deps.index.get(image_id) : undefined;
  if (!record) throw new Error('The image has no record.');
  return record;
}

const announceBy =
  (method: string) =>
  (home: WalkedHome, { user_id }: Subject) =>
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
    operation: 'upload-image',
    prepare: nothing,
    call: (home, { user_id }) => {
      const { path, init } = uploadCall('raw bytes', IMAGE, { user_id, tags: ['sea', 'dusk'] });
      const headers = { ...(init.headers as Record<string, string>), 'idempotency-key': user_id };
      return home.request(path, { ...init, headers });
    },
    succeeds: [201],
    images: 1,
  },
  {
    name: 'start-upload (put)',
    operation: 'start-upload',
    isLong: true,
    prepare: nothing,
    call: announceBy('put'),
    succeeds: [201],
    images: 1,
  },
  {
    name: 'start-upload (parts)',
    operation: 'start-upload',
    prepare: nothing,
    call: announceBy('parts'),
    succeeds: [201],
    images: 1,
  },
  ...(['put', 'parts'] as const).map(
    (method): WalkedOperation => ({
      name: `complete-upload (${method})`,
      operation: 'complete-upload',
      ...(method === 'put' ? { isLong: true } : {}),
      prepare: arrived(method),
      call: (home, { image_id }) => send(home, 'POST', `/images/${image_id}/complete`),
      succeeds: [200],
      images: 1,
    }),
  ),
  {
    name: 'replace-image',
    operation: 'replace-image',
    prepare: uploaded,
    call: replaceIt,
    succeeds: [200],
    images: 1,
  },
  {
    name: 'restore-version',
    operation: 'restore-version',
    prepare: replaced,
    call: (home, { image_id }) => send(home, 'POST', `/images/${image_id}/versions/1/restore`),
    succeeds: [200],
    images: 1,
  },
  {
    name: 'update-image',
    operation: 'update-image',
    prepare: uploaded,
    call: (home, { image_id }) => send(home, 'PATCH', `/images/${image_id}`, { title: 'x', tags: ['new'] }),
    succeeds: [200],
    images: 1,
  },
  {
    name: 'delete-image (to the trash)',
    operation: 'delete-image',
    prepare: uploaded,
    call: (home, { image_id }) => send(home, 'DELETE', `/images/${image_id}`),
    succeeds: [204, 404],
    images: 1,
  },
  {
    name: 'delete-image (for good)',
    operation: 'delete-image',
    prepare: replaced,
    call: (home, { image_id }) => send(home, 'DELETE', `/images/${image_id}?permanent=true`),
    succeeds: [204, 404],
    images: 0,
  },
  {
    name: 'restore-image',
    operation: 'restore-image',
    prepare: trashed,
    call: (home, { image_id }) => send(home, 'POST', `/images/${image_id}/restore`),
    succeeds: [200, 404],
    images: 1,
  },
  {
    name: 'delete-images',
    operation: 'delete-images',
    prepare: uploaded,
    call: (home, { image_id }) =>
      send(home, 'POST', '/images/bulk-delete', { image_ids: [image_id], permanent: true }),
    succeeds: [200],
    images: 0,
  },
  {
    name: 'create-link',
    operation: 'create-link',
    prepare: uploaded,
    call: (home, { image_id, user_id }) => send(home, 'POST', `/images/${image_id}/links`, {}, user_id),
    succeeds: [201],
    images: 1,
  },
  {
    name: 'erase-user',
    operation: 'erase-user',
    prepare: replaced,
    call: (home, { user_id }) => send(home, 'DELETE', `/users/${user_id}/images`),
    succeeds: [202],
    images: 0,
  },
  ...(
    [
      ['', 'view-image'],
      ['/content', 'view-image-content'],
      ['/versions', 'list-versions'],
      ['/links', 'list-links'],
    ] as const
  ).map(
    ([path, operation]): WalkedOperation => ({
      name: operation,
      operation,
      prepare: uploaded,
      call: (home, { image_id }) => send(home, 'GET', `/images/${image_id}${path}`),
      succeeds: [200, 302],
      images: 1,
    }),
  ),
  {
    name: 'list-images',
    operation: 'list-images',
    prepare: uploaded,
    call: (home, { user_id }) => send(home, 'GET', `/images?user_id=${user_id}&tag=sea`),
    succeeds: [200],
    images: 1,
  },
  {
    name: 'get-usage',
    operation: 'get-usage',
    prepare: uploaded,
    call: (home, { user_id }) => send(home, 'GET', `/users/${user_id}/usage`),
    succeeds: [200],
    images: 1,
  },
  {
    name: 'list-audit-events',
    operation: 'list-audit-events',
    prepare: uploaded,
    call: (home, { user_id }) => send(home, 'GET', `/audit-events?user_id=${user_id}`),
    succeeds: [200],
    images: 1,
  },
  {
    name: 'list-parts',
    operation: 'list-parts',
    prepare: announced,
    call: (home, { image_id }) => send(home, 'GET', `/images/${image_id}/parts`),
    succeeds: [200],
    images: 1,
  },
  {
    name: 'render-image',
    operation: 'render-image',
    processes: true,
    prepare: processed,
    call: (home, { image_id }) => send(home, 'GET', `/images/${image_id}/renditions?w=100&format=png`),
    succeeds: [302],
    images: 1,
    inTheEnd: async (home, subject) => {
      expect(await renditionsOf(home, subject)).toEqual([...(await presetsOf(home, subject)), RENDITION]);
    },
  },
];
