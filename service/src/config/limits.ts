import { isIP } from 'node:net';
import * as z from 'zod';
import { wholeNumber } from './numbers.ts';

/** What callers are held to. */
export interface LimitsConfig {
  /** Requests that an address, or a caller, may send in a minute; undefined: as many as it likes. */
  readonly rateLimitPerMinute: number | undefined;
  /** Addresses, and networks as `address/bits`, whose `X-Forwarded-For` counts. */
  readonly trustedProxies: readonly string[];
  /** The origins of pages that may use the API; `*` for all. */
  readonly corsOrigins: readonly string[];
  /** The most that a request's target and headers may have together, in bytes. */
  readonly maxHeaderBytes: number;
  /** How long a request's headers may take to arrive, from the first byte or the opening of the connection. */
  readonly headersTimeoutSeconds: number;
  /** How long the whole body may take after that. */
  readonly bodyTimeoutSeconds: number;
  /** How long a connection may stand still within a request or an answer. */
  readonly idleTimeoutSeconds: number;
}

/** Where others can connect; on loopback there is none unless it is set. */
const DEFAULT_RATE = 600;

const proxies = z
  .string()
  .transform((text) => text.split(',').map((proxy) => proxy.trim()))
  .refine(
    (all) => all.every(isProxy),
    'must be addresses or networks with commas between them, such as 10.0.0.0/8,2001:db8::1',
  );

const origins = z
  .string()
  .transform((text) => text.split(',').map((origin) => origin.trim()))
  .refine(
    (all) => all.every((text) => text === '*' || isOrigin(text)),
    'must be * or origins with commas between them, such as https://app.example.com,http://localhost:5173',
  );

const day = 86_400;

/** The variables of these limits. */
export const limitsEnvironment = {
  RATE_LIMIT_PER_MINUTE: wholeNumber(1, 1_000_000).optional(),
  TRUSTED_PROXIES: proxies.default([]),
  CORS_ORIGINS: origins.default([]),
  MAX_HEADER_BYTES: wholeNumber(2048, 1_048_576).default(16_384),
  HEADERS_TIMEOUT_SECONDS: wholeNumber(1, day).default(10),
  BODY_TIMEOUT_SECONDS: wholeNumber(1, day).default(300),
  IDLE_TIMEOUT_SECONDS: wholeNumber(1, day).default(30),
};

export function limitsOf(
  env: z.output<z.ZodObject<typeof limitsEnvironment>>,
  onLoopback: boolean,
): LimitsConfig {
  return {
    rateLimitPerMinute: env.RATE_LIMIT_PER_MINUTE ?? (onLoopback ? undefined : DEFAULT_RATE),
    trustedProxies: env.TRUSTED_PROXIES,
    corsOrigins: env.CORS_ORIGINS,
    maxHeaderBytes: env.MAX_HEADER_BYTES,
    headersTimeoutSeconds: env.HEADERS_TIMEOUT_SECONDS,
    bodyTimeoutSeconds: env.BODY_TIMEOUT_SECONDS,
    idleTimeoutSeconds: env.IDLE_TIMEOUT_SECONDS,
  };
}

/** As browsers send it; they know no patterns. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && !text.includes('*');
}

function isProxy(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
