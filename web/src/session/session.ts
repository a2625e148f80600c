import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { createClient, type TintypeClient, TintypeError } from '@tintype/client';
import { createAccess } from './access.ts';
import type { OpenIdProvider } from './openid.ts';
import { rememberedUser } from './remembered-user.ts';
import { renewing } from './renewing.ts';
import { type GallerySettings, loadSettings, type SignInSettings } from './settings.ts';
import {
  createSignInRequest,
  endsSignInWindow,
  returnFromProvider,
  SIGNED_IN_ELSEWHERE,
  type SignInOptions,
  type SignInRequest,
} from './sign-in.ts';
import { userOfToken } from './token-claims.ts';
import { createTokenStore, type TokenStore } from './token-store.ts';
import { SignInError, type Tokens } from './tokens.ts';

export type { GallerySettings } from './settings.ts';
export type { SignInRequest } from './sign-in.ts';

/** Who uses the gallery, and the service on their behalf. */
export interface Session {
  readonly client: TintypeClient;
  /** Whose images are shown and uploaded. */
  readonly userId: Signal<string>;
  readonly settings: GallerySettings;
  readonly caller: 'anonymous' | 'token';
  /** True while the token has ended: what needs one waits, and `signInAgain` is offered. */
  readonly hasEnded: ReadonlySignal<boolean>;
  /** Signs in again without leaving the page; null where nobody has to. */
  readonly signInAgain: SignInRequest | null;
  /**
   * Told by whom the service has answered 401.
   * @returns true where there is another token: what was refused can be tried again.
   */
  refused(): Promise<boolean>;
  /** Forgets the tokens, and loads the page anew. Where nobody signs in nothing happens. */
  signOut(): void;
}

/** Set while `openSession` waits for somebody to sign in: then `<SignIn>` is shown. */
export const signInRequest = signal<SignInRequest | typeof SIGNED_IN_ELSEWHERE | null>(null);

/**
 * Opens the session: at once where nobody is asked who they are, otherwise once somebody has signed in. In a
 * window that only signs in for another page it never does.
 * @throws Error with a sentence for people, where the service cannot be reached.
 */
export async function openSession(): Promise<Session> {
  const base = new URL('.', document.baseURI);
  if (endsSignInWindow()) {
    signInRequest.value = SIGNED_IN_ELSEWHERE;
    return new Promise(() => {});
  }
  const settings = await loadSettings(base);
  return settings.auth === null
    ? openAnonymously(settings, base)
    : openSignedIn(settings, settings.auth, base);
}

function openAnonymously(settings: GallerySettings, base: URL): Session {
  return {
    client: createClient({ url: base.href }),
    userId: rememberedUser(storageOf(() => localStorage)),
    settings,
    caller: 'anonymous',
    hasEnded: signal(false),
    signInAgain: null,
    refused: async () => false,
    signOut() {},
  };
}

async function openSignedIn(settings: GallerySettings, auth: SignInSettings, base: URL): Promise<Session> {
  const provider = await providerOf(auth);
  const store = createTokenStore(
    storageOf(() => sessionStorage),
    auth.issuer,
  );
  const access = createAccess(store, provider && ((refresh_token) => provider.refresh(refresh_token)));
  const client = createClient({ url: base.href, token: () => access.token() });
  client.api.use(renewing(access));
  const user = () => userOfToken(store.get()?.access_token ?? '', auth.user_claim) ?? '';
  const userId = signal(user());
  const accept = async (tokens: Tokens) => {
    await checkTokens(tokens, auth, base);
    access.use(tokens);
    userId.value = user();
  };
  const options = { auth, provider, base, accept };
  const problem = provider && (await endSignIn(provider, accept));
  if (!isGood(store)) await signedIn({ ...options, by: 'page', problem });
  return {
    client,
    userId,
    settings,
    caller: 'token',
    hasEnded: access.hasEnded,
    signInAgain: createSignInRequest({ ...options, by: 'window' }),
    async refused() {
      // By the token of now: what was refused may have been sent before somebody signed in again.
      await client.usage(userId.peek()).catch(() => {});
      return !access.hasEnded.peek();
    },
    signOut() {
      // What the page does for whoever leaves it needs the token yet; and who stays, since uploads go on, has it.
      addEventListener('pagehide', () => access.forget(), { once: true });
      location.replace(base);
    },
  };
}

/** Only who signs in there needs the code for it. */
async function providerOf({ client_id, ...auth }: SignInSettings): Promise<OpenIdProvider | undefined> {
  if (client_id === null) return undefined;
  const { createOpenIdProvider } = await import('./openid.ts');
  return createOpenIdProvider({ ...auth, client_id });
}

/** Ends a sign-in that this page comes back from. @returns why it came to nothing. */
async function endSignIn(
  provider: OpenIdProvider,
  accept: SignInOptions['accept'],
): Promise<string | undefined> {
  try {
    const tokens = await returnFromProvider(provider);
    if (tokens) await accept(tokens);
    return undefined;
  } catch (error) {
    if (error instanceof SignInError) return error.message;
    throw error;
  }
}

/** True where there is a token that has not ended, or can be renewed. */
function isGood(store: TokenStore): boolean {
  const { refresh_token, expires_at = Number.POSITIVE_INFINITY } = store.get() ?? { expires_at: 0 };
  return refresh_token !== undefined || expires_at > Date.now();
}

/** Waits until somebody has signed in. By the provider that is after the page has been left and loaded anew. */
function signedIn({ accept, ...options }: SignInOptions): Promise<void> {
  return new Promise((resolve) => {
    signInRequest.value = createSignInRequest({
      ...options,
      async accept(tokens) {
        await accept(tokens);
        signInRequest.value = null;
        resolve();
      },
    });
  });
}

/** Asks the service for something that every token can see. @throws SignInError where it refuses the token. */
async function checkTokens({ access_token }: Tokens, auth: SignInSettings, base: URL): Promise<void> {
  const user = userOfToken(access_token, auth.user_claim);
  if (user === undefined) throw new SignInError('The token does not name a user of this service.');
  try {
    await createClient({ url: base.href, token: access_token }).usage(user);
  } catch (error) {
    if (!(error instanceof TintypeError)) throw error;
    if (error.status === 401) throw new SignInError('This service does not accept the token.');
    // May it read or not, and is it up or not: all that is asked here is whether the token is known.
  }
}

/** Undefined where the browser keeps nothing for this page. */
function storageOf(read: () => Storage): Storage | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
