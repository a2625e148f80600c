import { DomainError, unavailable } from '../../domain/errors.ts';
import type { ConfirmToken } from '../../ports/token-verifier.ts';
import { jsonOf } from './issuer-answer.ts';
import { scopesOf } from './jwt-verifier.ts';

/** So long one question may take, a second try included. */
const ASK_MS = 5_000;

/** So many questions at once: whoever comes beyond is not kept waiting for an issuer that is slow. */
const MOST_AT_ONCE = 256;

const MOST_BYTES = 64 * 1024;

export interface IntrospectionOptions {
  readonly url: URL;
  readonly clientId: string;
  readonly secret: () => Promise<string>;
  readonly scopePrefix: string;
  readonly askMs?: number;
  readonly mostAtOnce?: number;
}

/**
 * Asks the issuer about each token whenever it is used (RFC 7662). Nothing is remembered: a right that was taken
 * would go on meanwhile. What the issuer says narrows what the token says, and never widens it.
 */
export function createIntrospection({
  askMs = ASK_MS,
  mostAtOnce = MOST_AT_ONCE,
  ...options
}: IntrospectionOptions): ConfirmToken {
  let underWay = 0;
  return async (token, { user_id, scopes, stepUp }) => {
    if (underWay >= mostAtOnce) throw cannotTell(new Error(`There are ${mostAtOnce} questions under way.`));
    underWay++;
    const answer = await ask(options, token, AbortSignal.timeout(askMs))
      .then(understood)
      .catch((cause: unknown) => {
        throw cannotTell(cause);
      })
      .finally(() => {
        underWay--;
      });
    if (!answer.active) throw new DomainError('unauthenticated', 'The token has been withdrawn.');
    if (!('scope' in answer || 'scp' in answer)) return { user_id, scopes, stepUp };
    const now = scopesOf(answer, options.scopePrefix);
    return {
      user_id,
      scopes: new Set([...scopes].filter((scope) => now.has(scope))),
      stepUp: now.has('images:admin') ? stepUp : undefined,
    };
  };
}

type Answer = Readonly<Record<string, unknown>> & { readonly active: boolean };

/** RFC 7662, section 2.2: what does not say in so many words whether the token is active says nothing. */
function understood(answer: unknown): Answer {
  if (typeof answer === 'object' && answer !== null && 'active' in answer) {
    const { active } = answer;
    if (typeof active === 'boolean') return { ...answer, active };
  }
  throw new Error("The issuer's answer does not say whether the token is active.");
}

async function ask(
  { url, clientId, secret }: Pick<IntrospectionOptions, 'url' | 'clientId' | 'secret'>,
  token: string,
  signal: AbortSignal,
): Promise<unknown> {
  const credentials = `${formEncoded(clientId)}:${formEncoded(await secret())}`;
  const question: RequestInit = {
    method: 'POST',
    redirect: 'error',
    headers: {
      accept: 'application/json',
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    },
    body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
    signal,
  };
  const response = await fetch(url, question).catch((error: unknown) => {
    if (!isBroken(error)) throw error;
    return fetch(url, question);
  });
  return jsonOf(response, MOST_BYTES);
}

/** RFC 6749, section 2.3.1. */
function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

/** A connection that was kept, and that the issuer has closed meanwhile: whoever asks again gets a new one. */
function isBroken(error: unknown): boolean {
  const cause =
    error instanceof TypeError ? (error.cause as { readonly code?: unknown } | undefined) : undefined;
  return cause?.code === 'UND_ERR_SOCKET' || cause?.code === 'ECONNRESET' || cause?.code === 'EPIPE';
}

function cannotTell(cause: unknown) {
  return unavailable("The tokens' issuer cannot be asked about them now.", cause);
}
