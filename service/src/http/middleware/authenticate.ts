import type { MiddlewareHandler } from 'hono';
import { anonymousCaller, type RequestOrigin } from '../../domain/caller.ts';
import { DomainError, isDomainError } from '../../domain/errors.ts';
import type { TokenVerifier, VerifiedToken } from '../../ports/token-verifier.ts';
import type { AppContext, Env, Identity } from '../context.ts';
import { requestAddress } from './caller-address.ts';

/** RFC 6750, section 2.1. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/**
 * Finds out who sends a request. It refuses nobody: what is open is open to those with a bad token as well,
 * and the mounted operations refuse the others (`admit`).
 */
export function authenticate({ tokens, trustedProxies }: AppContext): MiddlewareHandler<Env> {
  return async (c, next) => {
    const origin = { request_id: c.get('requestId'), address: requestAddress(c, trustedProxies) ?? null };
    const identity = tokens
      ? await identityOf(tokens, c.req.header('authorization'), origin)
      : { caller: anonymousCaller(origin) };
    c.set('identity', identity);
    await next();
  };
}

async function identityOf(
  tokens: TokenVerifier,
  header: string | undefined,
  request: RequestOrigin,
): Promise<Identity> {
  const refused = (sentence: string): Identity => ({
    refusal: new DomainError('unauthenticated', sentence),
    tokenShown: false,
    request,
  });
  if (header === undefined) {
    return refused('A token is needed: send it as `Authorization: Bearer ...`.');
  }
  const [, token] = BEARER.exec(header) ?? [];
  if (token === undefined) return refused('Authorization must be `Bearer` and a token.');
  const { confirm } = tokens;
  return believed(request, tokens.verify(token), confirm && ((verified) => confirm(token, verified)));
}

async function believed(
  request: RequestOrigin,
  verifying: Promise<VerifiedToken>,
  confirm?: (verified: VerifiedToken) => Promise<VerifiedToken>,
): Promise<Identity> {
  try {
    const verified = await verifying;
    const { user_id, scopes, stepUp } = verified;
    return {
      caller: { user_id, scopes, request },
      stepUp,
      confirm: confirm && (() => believed(request, confirm(verified))),
    };
  } catch (error) {
    if (!isDomainError(error)) throw error;
    return { refusal: error, tokenShown: true, request };
  }
}
