import { expect } from 'vitest';
import { newLinkId } from '../../src/domain/share-link.ts';
import type { OperationName } from '../../src/operations/manifest.ts';
import { sendUpload, startUpload } from './announced-uploads.ts';
import type { TestHome } from './homes.ts';
import { processed, remove, replace } from './image-calls.ts';
import { createLink } from './link-calls.ts';
import { type Call, newPng, postJson, upload } from './uploads.ts';

type Home = Omit<TestHome, 'close'>;

/** What a call is about: something of alice's. */
export interface Target {
  readonly user_id: string;
  readonly image_id: string;
}

/** How an operation is called on what belongs to alice, and what becomes of it. */
export interface AuthorizationRow {
  readonly operation: OperationName;
  /** As the manifest has it. */
  readonly path: string;
  /** Makes what the call is about; its id. */
  readonly prepare: (owner: Home) => Promise<string>;
  readonly call: (target: Target) => Call;
  /** The scope that it takes, written down a second time on purpose. */
  readonly scope: 'images:read' | 'images:write';
  /** To whoever may. */
  readonly done: number;
  /** To another user with both scopes. */
  readonly other: number;
}

async function ready(owner: Home): Promise<string> {
  return (await processed(owner, newPng())).image_id;
}

async function trashed(owner: Home): Promise<string> {
  const { image_id } = await upload(owner, {}, newPng());
  expect((await remove(owner, image_id)).status).toBe(204);
  return image_id;
}

async function replaced(owner: Home): Promise<string> {
  const image_id = await ready(owner);
  expect((await replace(owner, image_id, newPng())).status).toBe(200);
  await owner.workOff();
  return image_id;
}

async function inParts(owner: Home): Promise<string> {
  return (await startUpload(owner, newPng(), { content_type: 'image/png', method: 'parts' })).image.image_id;
}

async function sent(owner: Home): Promise<string> {
  const bytes = newPng();
  const started = await startUpload(owner, bytes, { content_type: 'image/png', method: 'put' });
  expect((await sendUpload(owner, started, bytes)).ok).toBe(true);
  return started.image.image_id;
}

const at =
  (suffix: string, method = 'GET', init: RequestInit = {}) =>
  ({ image_id }: Target): Call => ({ path: `/images/${image_id}${suffix}`, init: { ...init, method } });

const ofUser =
  (suffix: string, method = 'GET') =>
  ({ user_id }: Target): Call => ({ path: `/users/${user_id}${suffix}`, init: { method } });

const json = (body: unknown): RequestInit => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const uploadTo =
  (path: string) =>
  ({ user_id }: Target) =>
    postJson({ user_id, image_data: newPng().toString('base64') }, path);

/** The link to each image that has one. */
const LINKS = new Map<string, string>();

async function linked(owner: Home): Promise<string> {
  const image_id = await ready(owner);
  LINKS.set(image_id, (await createLink(owner, image_id)).link_id);
  return image_id;
}

/** That of the image, or one that it could have. */
const linkTo = (image_id: string) => LINKS.get(image_id) ?? newLinkId(image_id, Buffer.alloc(16));

const READ = { scope: 'images:read', done: 200, other: 404 } as const;
const WRITE = { scope: 'images:write', done: 200, other: 404 } as const;

/** What nobody is asked for a token for: whoever has a link may see what it leads to. */
export const OPEN_ROWS: readonly Pick<
  AuthorizationRow,
  'operation' | 'path' | 'prepare' | 'call' | 'done'
>[] = [
  {
    ...{ operation: 'open-link', path: '/links/{link_id}', prepare: linked, done: 302 },
    call: ({ image_id }) => ({ path: `/links/${linkTo(image_id)}`, init: {} }),
  },
];

/** Every other operation at each of its paths. */
export const AUTHORIZATION_ROWS: readonly AuthorizationRow[] = [
  {
    ...{ operation: 'upload-image', path: '/images/upload', prepare: ready },
    ...{ call: uploadTo('/images/upload'), ...WRITE, done: 201, other: 403 },
  },
  {
    ...{ operation: 'upload-image', path: '/images', prepare: ready },
    ...{ call: uploadTo('/images'), ...WRITE, done: 201, other: 403 },
  },
  {
    ...{ operation: 'start-upload', path: '/images/uploads', prepare: ready },
    call: ({ user_id }) =>
      postJson({ user_id, content_type: 'image/png', size_bytes: 10 }, '/images/uploads'),
    ...{ ...WRITE, done: 201, other: 403 },
  },
  {
    ...{ operation: 'list-parts', path: '/images/{image_id}/parts', prepare: inParts },
    ...{ call: at('/parts'), ...WRITE },
  },
  {
    ...{ operation: 'complete-upload', path: '/images/{image_id}/complete', prepare: sent },
    ...{ call: at('/complete', 'POST'), ...WRITE },
  },
  {
    ...{ operation: 'list-images', path: '/images', prepare: ready },
    call: ({ user_id }) => ({ path: `/images?user_id=${user_id}`, init: {} }),
    ...{ ...READ, other: 403 },
  },
  {
    ...{ operation: 'view-image', path: '/images/{image_id}', prepare: ready },
    ...{ call: at(''), ...READ },
  },
  {
    ...{ operation: 'view-image-content', path: '/images/{image_id}/content', prepare: ready },
    ...{ call: at('/content'), ...READ, done: 302 },
  },
  {
    ...{ operation: 'update-image', path: '/images/{image_id}', prepare: ready },
    ...{ call: at('', 'PATCH', json({ title: 'Changed' })), ...WRITE },
  },
  {
    ...{ operation: 'delete-image', path: '/images/{image_id}', prepare: ready },
    ...{ call: at('', 'DELETE'), ...WRITE, done: 204 },
  },
  {
    ...{ operation: 'restore-image', path: '/images/{image_id}/restore', prepare: trashed },
    ...{ call: at('/restore', 'POST'), ...WRITE },
  },
  {
    ...{ operation: 'replace-image', path: '/images/{image_id}/content', prepare: ready },
    call: ({ image_id }) => ({
      path: `/images/${image_id}/content`,
      init: { method: 'PUT', headers: { 'content-type': 'image/png' }, body: new Uint8Array(newPng()) },
    }),
    ...WRITE,
  },
  {
    ...{ operation: 'list-versions', path: '/images/{image_id}/versions', prepare: ready },
    ...{ call: at('/versions'), ...READ },
  },
  {
    ...{ operation: 'restore-version', path: '/images/{image_id}/versions/{version}/restore' },
    ...{ prepare: replaced, call: at('/versions/1/restore', 'POST'), ...WRITE },
  },
  {
    ...{ operation: 'render-image', path: '/images/{image_id}/renditions', prepare: ready },
    ...{ call: at('/renditions?w=4'), ...READ, done: 302 },
  },
  {
    ...{ operation: 'render-image', path: '/images/{image_id}/renditions/{preset}', prepare: ready },
    ...{ call: at('/renditions/thumb'), ...READ, done: 302 },
  },
  {
    ...{ operation: 'delete-images', path: '/images/bulk-delete', prepare: ready },
    call: ({ image_id }) => postJson({ image_ids: [image_id] }, '/images/bulk-delete'),
    // What became of each is in the answer.
    ...{ ...WRITE, other: 200 },
  },
  {
    ...{ operation: 'erase-user', path: '/users/{user_id}/images', prepare: ready },
    ...{ call: ofUser('/images', 'DELETE'), ...WRITE, done: 202, other: 403 },
  },
  {
    ...{ operation: 'get-usage', path: '/users/{user_id}/usage', prepare: ready },
    ...{ call: ofUser('/usage'), ...READ, other: 403 },
  },
  {
    ...{ operation: 'create-link', path: '/images/{image_id}/links', prepare: ready },
    ...{ call: at('/links', 'POST', json({ expires_in_seconds: 60 })), ...WRITE, done: 201 },
  },
  {
    ...{ operation: 'list-links', path: '/images/{image_id}/links', prepare: linked },
    ...{ call: at('/links'), ...READ },
  },
  {
    ...{ operation: 'revoke-link', path: '/images/{image_id}/links/{link_id}', prepare: linked },
    call: ({ image_id }) => ({
      path: `/images/${image_id}/links/${linkTo(image_id)}`,
      init: { method: 'DELETE' },
    }),
    ...{ ...WRITE, done: 204 },
  },
  {
    ...{ operation: 'list-audit-events', path: '/audit-events', prepare: ready },
    call: ({ user_id }) => ({ path: `/audit-events?user_id=${user_id}`, init: {} }),
    ...{ ...READ, other: 403 },
  },
];
