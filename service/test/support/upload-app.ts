import { openDoors } from '../../src/compose/doors.ts';
import { readConfig } from '../../src/config/config.ts';
import { createSigner } from '../../src/domain/signing.ts';
import { createApp } from '../../src/http/app.ts';
import type { AppContext, DirectUploads } from '../../src/http/context.ts';
import type { Deps } from '../../src/operations/deps.ts';
import type { OpenedUploadStore } from './direct-uploads.ts';

export const PUBLIC_URL = 'http://127.0.0.1:3000/tintype';

/** Sends what leads to this process to the app itself, which takes uploads until the real time of their expiry. */
export function sendHere(
  deps: Deps,
  directUploads: DirectUploads,
  more: Partial<AppContext> = {},
): OpenedUploadStore['send'] {
  const app = createApp({
    deps: { ...deps, clock: { now: () => Date.now() } },
    publicUrl: PUBLIC_URL,
    checkReady: async () => {},
    objectUrls: createSigner(['a secret for tests, of 32 letters'], 'object-urls'),
    directUploads,
    ...openDoors(readConfig({})),
    ...more,
  });
  return async (url, { method, headers, body }) => {
    if (!url.startsWith(`${PUBLIC_URL}/`)) throw new Error(`${url} leads to another place.`);
    const sent = { host: '127.0.0.1', 'content-length': String(body.length), ...headers };
    const init = { method, headers: sent, body: body as Buffer<ArrayBuffer> };
    return app.request(new Request(`http://127.0.0.1:3000${url.slice(PUBLIC_URL.length)}`, init));
  };
}
