import { BlockList } from 'node:net';
import type { Context } from 'hono';
import { DomainError } from '../domain/errors.ts';
import type { Env, MetricsPage } from './context.ts';
import { confirmIdentity } from './identity.ts';
import { callerAddress, createTrustedProxies } from './middleware/caller-address.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const NOBODY = createTrustedProxies([]);

/** By which proxies show that a request is somebody else's. */
const FORWARDING = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'];

/** The metrics as text, for those who may read them. @throws DomainError `forbidden` */
export async function serveMetrics(c: Context<Env>, page: MetricsPage): Promise<Response> {
  await confirmIdentity(c);
  if (!mayReadMetrics(c)) {
    throw new DomainError(
      'forbidden',
      'Metrics are for whoever connects from this machine itself, and for callers who may do everything.',
    );
  }
  const { content_type, text } = await page.read();
  return new Response(text, {
    headers: {
      'content-type': content_type,
      'content-length': String(Buffer.byteLength(text)),
      'cache-control': 'private, no-store',
    },
  });
}

/**
 * Callers with the scope `images:admin` may; where nobody is asked who they are everybody has it, and it counts
 * for nothing. So may whoever connects from this machine itself. A proxy on it does, too, on behalf of others:
 * whatever was passed on is refused, wherever its headers say that it came from.
 */
export function mayReadMetrics(c: Context<Env>): boolean {
  const identity = c.get('identity');
  const caller = 'caller' in identity ? identity.caller : undefined;
  if (caller && caller.user_id !== null && caller.scopes.has('images:admin')) return true;
  const address = callerAddress(c, NOBODY);
  if (address === undefined || FORWARDING.some((name) => c.req.header(name) !== undefined)) return false;
  return LOOPBACK.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}
