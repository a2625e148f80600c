import { type Signal, signal } from '@preact/signals';
import { createClient, type TintypeClient } from '@tintype/client';

/** What the service says of itself to its gallery (`GET gallery.json`). */
export interface GallerySettings {
  /** Null: nobody is asked who they are. */
  readonly auth: {
    readonly issuer: string;
    readonly client_id: string | null;
    readonly scope: string;
    readonly audience?: string;
  } | null;
  readonly max_image_bytes: number;
  readonly accepted_types: readonly string[];
  /** 0: what is deleted is gone at once. */
  readonly trash_days: number;
  /** Whether `q` can be asked for. */
  readonly search: boolean;
}

export interface Session {
  readonly client: TintypeClient;
  /** Whose images are shown and uploaded. */
  readonly userId: Signal<string>;
  readonly settings: GallerySettings;
  readonly caller: 'anonymous' | 'token';
  signOut(): void;
}

/** What there is to do before there is a session. */
export interface SignInRequest {
  readonly auth: NonNullable<GallerySettings['auth']>;
}

/** Set while `openSession` waits for somebody to sign in: then `<SignIn>` is shown. */
export const signInRequest = signal<SignInRequest | null>(null);

/** Opens the session: at once where nobody is asked who they are, otherwise once somebody has signed in. */
export async function openSession(): Promise<Session> {
  const answer = await fetch('./gallery.json').catch(() => undefined);
  const settings: GallerySettings = answer?.headers.get('content-type')?.includes('json')
    ? await answer.json()
    : {
        auth: null,
        max_image_bytes: 52_428_800,
        accepted_types: ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'],
        trash_days: 0,
        search: false,
      };
  return {
    client: createClient({ url: new URL('.', document.baseURI).href }),
    userId: signal('me'),
    settings,
    caller: 'anonymous',
    signOut() {},
  };
}
