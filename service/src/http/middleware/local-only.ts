import type { Context, MiddlewareHandler } from 'hono';
import { DomainError } from '../../domain/errors.ts';
import { OBJECTS_PATH } from '../../domain/signed-target.ts';
import type { Env } from '../context.ts';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Where access is open because only this machine can connect, a page from the internet in a browser on
 * this machine must not get in: neither by a name of its own that leads to 127.0.0.1 (the Host header
 * shows it) nor by sending a form here (Sec-Fetch-Site or Origin show it). Presigned URLs are for pages
 * of whatever site they were handed to: what they allow is in what is signed, not in who connects.
 * @param corsOrigins pages of these may send what they like.
 */
export function localOnly(publicUrl: string, corsOrigins: readonly string[]): MiddlewareHandler<Env> {
  const ownHosts = new Set([...LOOPBACK, new URL(publicUrl).hostname]);
  const isOwn = (name: string | undefined) => name !== undefined && ownHosts.has(name);
  // Whoever connects again and again says the same: it is not taken to pieces each time.
  let lastOwn: string | undefined;
  return async (c, next) => {
    const host = c.req.header('host') ?? new URL(c.req.url).host;
    if (host !== lastOwn && isOwn(hostnameOf(`http://${host}`))) lastOwn = host;
    if (host !== lastOwn) {
      throw new DomainError('forbidden', 'Access is open to this machine only, under its own names.');
    }
    const isOpen = ['GET', 'HEAD'].includes(c.req.method) || c.req.path.startsWith(OBJECTS_PATH);
    if (!isOpen && isFromElsewhere(c, ownHosts, corsOrigins)) {
      throw new DomainError('forbidden', 'Access is open to this machine only, not to pages of other sites.');
    }
    await next();
  };
}

function isFromElsewhere(
  c: Context<Env>,
  ownHosts: ReadonlySet<string>,
  allowed: readonly string[],
): boolean {
  const origin = c.req.header('origin');
  if (origin !== undefined && allowed.includes(origin)) return false;
  if (c.req.header('sec-fetch-site') === 'cross-site') return true;
  return origin !== undefined && !ownHosts.has(hostnameOf(origin) ?? '');
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
