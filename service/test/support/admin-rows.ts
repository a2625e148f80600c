import { newImageId } from '../../src/domain/image-id.ts';
import type { OperationName } from '../../src/operations/manifest.ts';
import type { TestHome } from './homes.ts';
import { type Call, postJson } from './uploads.ts';
import { subscribe } from './webhook-calls.ts';

type Home = Pick<TestHome, 'request'>;

/** How an operation is called that is for admins alone. */
export interface AdminRow {
  readonly operation: OperationName;
  /** As the manifest has it. */
  readonly path: string;
  /** Makes what the call is about; its id. */
  readonly prepare: (admin: Home) => Promise<string>;
  readonly call: (id: string) => Call;
  /** To an admin. */
  readonly done: number;
}

const NOBODY = { url: 'http://127.0.0.1:9/hook' };

const webhook = async (admin: Home) => (await subscribe(admin, NOBODY)).webhook_id;

const nothing = async () => newImageId(0);

const at =
  (method: string, path: (id: string) => string) =>
  (id: string): Call => ({ path: path(id), init: { method } });

export const ADMIN_ROWS: readonly AdminRow[] = [
  {
    ...{ operation: 'create-webhook', path: '/webhooks', prepare: nothing, done: 201 },
    call: () => postJson({ ...NOBODY, events: ['image.ready'] }, '/webhooks'),
  },
  {
    ...{ operation: 'list-webhooks', path: '/webhooks', prepare: nothing, done: 200 },
    call: at('GET', () => '/webhooks'),
  },
  {
    ...{ operation: 'delete-webhook', path: '/webhooks/{webhook_id}', prepare: webhook, done: 204 },
    call: at('DELETE', (id) => `/webhooks/${id}`),
  },
  {
    ...{ operation: 'rotate-webhook-secret', path: '/webhooks/{webhook_id}/rotate-secret' },
    ...{ prepare: webhook, call: at('POST', (id) => `/webhooks/${id}/rotate-secret`), done: 200 },
  },
  {
    ...{ operation: 'list-deliveries', path: '/webhooks/{webhook_id}/deliveries', prepare: webhook },
    ...{ call: at('GET', (id) => `/webhooks/${id}/deliveries`), done: 200 },
  },
  {
    ...{ operation: 'replay-delivery', path: '/webhooks/{webhook_id}/deliveries/{delivery_id}/replay' },
    // An admin is let in, and told that there is no such delivery.
    ...{ prepare: webhook, call: at('POST', (id) => `/webhooks/${id}/deliveries/${id}/replay`), done: 404 },
  },
];
