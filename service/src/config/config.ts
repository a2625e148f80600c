import * as z from 'zod';
import { MEDIA_TYPES, type MediaType } from '../domain/media-type.ts';
import { OperatorError } from '../domain/operator-error.ts';
import type { QuotaLimits } from '../domain/quota.ts';
import { type AuthConfig, authEnvironment, authOf, problemsOfAuth } from './auth.ts';
import { type LimitsConfig, limitsEnvironment, limitsOf } from './limits.ts';
import { wholeNumber } from './numbers.ts';
import { type ObservingConfig, observingEnvironment, observingOf } from './observing.ts';
import { type ProcessingConfig, processingEnvironment, processingOf } from './processing.ts';
import { quotaEnvironment, quotaLimitsOf } from './quotas.ts';
import { problemsOfScanner, type ScannerConfig, scannerEnvironment, scannerOf } from './scanner.ts';
import { awsEnvironment, problemsOfAws, type StorageConfig, storageOf } from './storage.ts';
import { type WebhooksConfig, webhookEnvironment } from './webhooks.ts';

/** Everything that can be set, checked and frozen. The README's table lists the same names. */
export interface Config extends LimitsConfig {
  readonly port: number;
  readonly host: string;
  /** Undefined: the address that the server turns out to listen on. */
  readonly publicUrl: string | undefined;
  readonly storage: StorageConfig;
  /** True where everybody may do everything because only this machine can connect. */
  readonly localOnly: boolean;
  readonly auth: AuthConfig;
  readonly urlExpiresSeconds: number;
  readonly uploadExpiresSeconds: number;
  /** Newest first; empty: the one kept in the data folder. */
  readonly signingSecrets: readonly string[];
  readonly maxImageBytes: number;
  readonly maxImagePixels: number;
  readonly acceptedTypes: ReadonlySet<MediaType>;
  /** Of users who have none of their own. */
  readonly quotaLimits: QuotaLimits;
  readonly scanner: ScannerConfig;
  readonly processing: ProcessingConfig;
  /** How long it is kept who did what. */
  readonly auditDays: number;
  readonly webhooks: WebhooksConfig;
  readonly observing: ObservingConfig;
  readonly logLevel: string;
}

/** The start ends with this: one line for each thing wrong with the environment. */
export class ConfigError extends OperatorError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

const httpUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !/[?#]/.test(text),
    'must be an http or https URL without query, such as https://images.example.com',
  )
  .transform((text) => text.replace(/\/+$/, ''));

const secrets = z
  .string()
  .transform((text) => text.split(',').map((secret) => secret.trim()))
  .refine(
    (all) => all.every((secret) => secret.length >= 32),
    'must have at least 32 characters (several, newest first, are parted by commas)',
  );

const acceptedTypes = z
  .string()
  .transform((text) => text.split(',').map((type) => type.trim()))
  .refine(
    (types): types is MediaType[] => types.every((type) => MEDIA_TYPES.includes(type as MediaType)),
    `must be some of ${MEDIA_TYPES.join(',')}`,
  );

const environment = z.object({
  PORT: wholeNumber(0, 65_535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: httpUrl.optional(),
  STORAGE: z.enum(['embedded', 'aws'], 'must be embedded or aws').default('embedded'),
  DATA_DIR: z.string().default('./data'),
  ...awsEnvironment,
  ...authEnvironment,
  ALLOW_ANONYMOUS: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .transform((text) => text === 'true'),
  URL_EXPIRES_SECONDS: wholeNumber(1, 604_800).default(3600),
  UPLOAD_EXPIRES_SECONDS: wholeNumber(60, 86_400).default(1800),
  SIGNING_SECRET: secrets.default([]),
  MAX_IMAGE_BYTES: wholeNumber(1, 5_000_000_000).default(50 * 1024 * 1024),
  MAX_IMAGE_PIXELS: wholeNumber(1, 1_000_000_000).default(50_000_000),
  ACCEPTED_TYPES: acceptedTypes.default([...MEDIA_TYPES]),
  ...scannerEnvironment,
  ...processingEnvironment,
  AUDIT_DAYS: wholeNumber(1, 3650).default(365),
  ...webhookEnvironment,
  ...quotaEnvironment,
  ...limitsEnvironment,
  ...observingEnvironment,
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be a level of pino, such as info',
    )
    .default('info'),
});

/** The names of the variables that servers and functions read. */
export const VARIABLES: readonly string[] = Object.keys(environment.shape);

/** The variables that count: an empty one does not. */
export function thoseSet(
  variables: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
}

/** What is wrong with which variable, a line each. */
export function sentencesOf({ issues }: z.ZodError): string[] {
  return issues.map(({ path: [name], message }) => `${String(name)} ${message}.`);
}

/** The configuration that an environment says; an empty variable counts as not set. @throws ConfigError */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  // It happens once: to make a function of the schema first would take longer.
  const result = environment.safeParse(thoseSet(variables), { jitless: true });
  if (!result.success) throw new ConfigError(sentencesOf(result.error));
  const env = result.data;
  const onLoopback = isLoopback(env.HOST);
  const problems = [
    ...(onLoopback ? [] : problemsBeyondLoopback(env)),
    ...problemsOfProxy(env, onLoopback),
    ...problemsOfAuth(env),
    ...problemsOfAws(env),
    ...problemsOfScanner(env),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({
    port: env.PORT,
    host: env.HOST,
    publicUrl: env.PUBLIC_URL,
    storage: storageOf(env),
    localOnly: onLoopback && env.AUTH === 'none' && !env.ALLOW_ANONYMOUS,
    auth: authOf(env),
    urlExpiresSeconds: env.URL_EXPIRES_SECONDS,
    uploadExpiresSeconds: env.UPLOAD_EXPIRES_SECONDS,
    signingSecrets: env.SIGNING_SECRET,
    maxImageBytes: env.MAX_IMAGE_BYTES,
    maxImagePixels: env.MAX_IMAGE_PIXELS,
    acceptedTypes: new Set(env.ACCEPTED_TYPES),
    quotaLimits: quotaLimitsOf(env),
    ...limitsOf(env, onLoopback),
    scanner: scannerOf(env),
    processing: processingOf(env),
    auditDays: env.AUDIT_DAYS,
    webhooks: env.WEBHOOKS,
    observing: observingOf(env),
    logLevel: env.LOG_LEVEL,
  });
}

/** The signing secrets in a text that is kept elsewhere, such as in Secrets Manager. @throws ConfigError */
export function readSigningSecrets(text: string, place: string): readonly string[] {
  const result = secrets.safeParse(text);
  if (!result.success)
    throw new ConfigError(result.error.issues.map(({ message }) => `${place} ${message}.`));
  return result.data;
}

/** The configuration of this process. */
export function loadConfig(): Config {
  return readConfig(process.env);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** A public URL means that something passes on to us what others send. */
function problemsOfProxy(env: z.output<typeof environment>, onLoopback: boolean): string[] {
  if (!onLoopback || env.AUTH !== 'none' || env.ALLOW_ANONYMOUS || env.PUBLIC_URL === undefined) return [];
  const { hostname } = new URL(env.PUBLIC_URL);
  if (isLoopback(hostname.replace(/^\[|\]$/g, ''))) return [];
  return [
    `PUBLIC_URL is ${env.PUBLIC_URL}, where others can reach this server, and there is no authentication: ` +
      'leave it out, set AUTH=jwt, or set ALLOW_ANONYMOUS=true if everybody who can reach it may do everything.',
  ];
}

function problemsBeyondLoopback(env: z.output<typeof environment>): string[] {
  const problems: string[] = [];
  if (env.AUTH === 'none' && !env.ALLOW_ANONYMOUS) {
    problems.push(
      `HOST is ${env.HOST}, where others can connect, and there is no authentication: ` +
        'listen on 127.0.0.1, set AUTH=jwt, or set ALLOW_ANONYMOUS=true if everybody who can connect may do everything.',
    );
  }
  if (env.PUBLIC_URL === undefined) {
    problems.push(`PUBLIC_URL must say how callers reach this server, since HOST is ${env.HOST}.`);
  }
  return problems;
}
