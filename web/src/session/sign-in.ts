import { type ReadonlySignal, signal } from '@preact/signals';
import type { OpenIdProvider, SignInUnderWay } from './openid.ts';
import type { SignInSettings } from './settings.ts';
import { endOfToken, userOfToken } from './token-claims.ts';
import { SignInError, type Tokens } from './tokens.ts';

/** What there is to do for somebody who has to sign in. */
export interface SignInRequest {
  readonly auth: SignInSettings;
  /** Why the last try came to nothing; null before it, and where there was none. */
  readonly problem: ReadonlySignal<string | null>;
  /** Goes to the provider; must be called from a click. Where there is none nothing happens. */
  signIn(): Promise<void>;
  /** Signs in by a token that somebody pasted. */
  useToken(token: string): Promise<void>;
}

/** Shown in place of a request where this window has only signed in for another page. */
export const SIGNED_IN_ELSEWHERE = 'signed in elsewhere';

/** Begins the state of a sign-in that goes on in a window of its own, whose page it is then found in. */
const WINDOW_PREFIX = 'window.';

const CHANNEL = 'tintype.sign-in';
const UNDER_WAY = 'tintype.sign-in';

/** A sign-in for which the page was left, and where on the page one was. */
interface LeftPage {
  readonly underWay: SignInUnderWay;
  readonly return_to: string;
}

/** Why a pasted text is no token to sign in with, in words; undefined where it may be one. */
export function refusalOfToken(token: string, claim: string | undefined, now: number): string | undefined {
  if (token === '') return 'Paste a token first.';
  if (userOfToken(token, claim) === undefined) {
    return 'This is no token for this service: it does not name a user.';
  }
  const end = endOfToken(token);
  return end !== undefined && end <= now ? 'This token has ended. Ask for another.' : undefined;
}

/** What a request to sign in is made of. */
export interface SignInOptions {
  readonly auth: SignInSettings;
  readonly provider: OpenIdProvider | undefined;
  /** The gallery's own address, which the provider sends back to. */
  readonly base: URL;
  /** A window leaves the page as it is, with what it is doing; otherwise the page itself goes, and comes back. */
  readonly by: 'page' | 'window';
  /** Why an earlier try came to nothing. */
  readonly problem?: string | undefined;
  /** @throws SignInError where the service refuses them. */
  accept(tokens: Tokens): Promise<void>;
}

/** A request to sign in, by the provider or by a token. */
export function createSignInRequest({
  auth,
  provider,
  base,
  by,
  accept,
  ...options
}: SignInOptions): SignInRequest {
  const problem = signal<string | null>(options.problem ?? null);
  const trying = async (work: () => Promise<void>) => {
    problem.value = null;
    try {
      await work();
    } catch (error) {
      problem.value =
        error instanceof SignInError ? error.message : 'The sign-in did not succeed. Try again.';
    }
  };
  return {
    auth,
    problem,
    signIn: () =>
      trying(async () => {
        if (!provider) return;
        const opened = by === 'window' ? window.open('', CHANNEL, 'popup,width=480,height=680') : null;
        if (opened) await accept(await signInByWindow(provider, base, opened));
        else await leavePage(provider, base);
      }),
    useToken: (pasted) =>
      trying(async () => {
        const token = pasted.trim().replace(/^Bearer\s+/i, '');
        const refusal = refusalOfToken(token, auth.user_claim, Date.now());
        if (refusal !== undefined) throw new SignInError(refusal);
        const expires_at = endOfToken(token);
        await accept({ access_token: token, ...(expires_at === undefined ? {} : { expires_at }) });
      }),
  };
}

async function leavePage(provider: OpenIdProvider, base: URL): Promise<void> {
  const { url, underWay } = await provider.authorizationUrl(base.href);
  const left: LeftPage = { underWay, return_to: location.href };
  sessionStorage.setItem(UNDER_WAY, JSON.stringify(left));
  location.assign(url);
}

async function signInByWindow(provider: OpenIdProvider, base: URL, opened: Window): Promise<Tokens> {
  const channel = new BroadcastChannel(CHANNEL);
  try {
    const { url, underWay } = await provider.authorizationUrl(base.href, WINDOW_PREFIX);
    const answered = new Promise<URLSearchParams>((resolve) => {
      channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        const answer = new URLSearchParams(String(data));
        if (answer.get('state') === underWay.state) resolve(answer);
      });
    });
    opened.location.href = url.href;
    return await provider.exchange(await answered, underWay);
  } catch (error) {
    opened.close();
    throw error;
  } finally {
    channel.close();
  }
}

/** What a provider has added to the page's address; undefined where nothing was. */
function answerIn({ search }: Location): URLSearchParams | undefined {
  const answer = new URLSearchParams(search);
  return answer.has('state') && (answer.has('code') || answer.has('error')) ? answer : undefined;
}

/** True where this page is the end of a sign-in in a window: it has told the page that waits, and can be closed. */
export function endsSignInWindow(): boolean {
  const answer = answerIn(location);
  if (!answer?.get('state')?.startsWith(WINDOW_PREFIX)) return false;
  history.replaceState(null, '', location.pathname);
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(answer.toString());
  channel.close();
  window.close();
  return true;
}

/**
 * Ends a sign-in for which the page was left, if this is its return: the address is what it was before.
 * @returns undefined where the page was not left, or for something else.
 * @throws SignInError
 */
export async function returnFromProvider(provider: OpenIdProvider): Promise<Tokens | undefined> {
  const answer = answerIn(location);
  if (!answer) return undefined;
  const left = takeLeftPage();
  // A code is good for one use, and nothing to be bookmarked or sent on.
  history.replaceState(null, '', left?.return_to ?? location.pathname);
  if (!left) return undefined;
  return provider.exchange(answer, left.underWay);
}

function takeLeftPage(): LeftPage | undefined {
  const text = sessionStorage.getItem(UNDER_WAY);
  sessionStorage.removeItem(UNDER_WAY);
  return text === null ? undefined : (JSON.parse(text) as LeftPage);
}
