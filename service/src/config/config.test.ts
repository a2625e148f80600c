import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BAD } from '../../test/support/bad-variables.ts';
import { authEnvironment } from './auth.ts';
import { type Config, ConfigError, readConfig, VARIABLES } from './config.ts';
import { awsEnvironment } from './storage.ts';

const DEFAULTS: Config = {
  port: 3000,
  host: '127.0.0.1',
  publicUrl: undefined,
  storage: { kind: 'embedded', dataDir: join(process.cwd(), 'data') },
  localOnly: true,
  auth: { kind: 'none' },
  urlExpiresSeconds: 3600,
  uploadExpiresSeconds: 1800,
  signingSecrets: [],
  maxImageBytes: 52_428_800,
  maxImagePixels: 50_000_000,
  acceptedTypes: new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif']),
  quotaLimits: { max_images: null, max_bytes: null },
  rateLimitPerMinute: undefined,
  trustedProxies: [],
  corsOrigins: [],
  maxHeaderBytes: 16_384,
  headersTimeoutSeconds: 10,
  bodyTimeoutSeconds: 300,
  idleTimeoutSeconds: 30,
  scanner: { kind: 'none' },
  processing: { presetFormat: 'webp', keepGps: false, stripGps: false, keepVersions: 10, trashDays: 0 },
  auditDays: 365,
  webhooks: 'off',
  observing: { metrics: { namespace: 'Tintype' }, traces: undefined },
  logLevel: 'info',
};

type Variables = Readonly<Record<string, string | undefined>>;

/** What the start prints of a wrong environment. */
function problemsOf(variables: Variables): readonly string[] {
  try {
    readConfig(variables);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // What an operator is shown are these lines and nothing else.
    expect(error.message).toBe(error.problems.join('\n'));
    return error.problems;
  }
  return [];
}

/** Beyond loopback, as it must be said. */
const OPEN = { HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true', PUBLIC_URL: 'https://images.example.com' };
const OPENED = { localOnly: false, publicUrl: 'https://images.example.com', rateLimitPerMinute: 600 };

const SECRET_A = 'a'.repeat(32);
const SECRET_B = 'b'.repeat(40);

const processing = (differing: Partial<Config['processing']>): Partial<Config> => ({
  processing: { ...DEFAULTS.processing, ...differing },
});
const observing = (differing: Partial<Config['observing']>): Partial<Config> => ({
  observing: { ...DEFAULTS.observing, ...differing },
});
const TRACES = { endpoint: 'http://127.0.0.1:4318', serviceName: 'tintype', sampleRatio: 1 };
const clamdAt = (host: string, port: number, maxBytes = 26_214_400): Partial<Config> => ({
  scanner: { kind: 'clamd', address: { kind: 'tcp', host, port }, maxBytes },
});
const CLAMD_SOCKET: Partial<Config> = {
  scanner: {
    kind: 'clamd',
    address: { kind: 'socket', path: '/run/clamav/clamd.ctl' },
    maxBytes: 26_214_400,
  },
};

/** Each variable's good values, and what becomes of them. */
const GOOD: readonly (readonly [Variables, Partial<Config>])[] = [
  [{ PORT: '0' }, { port: 0 }],
  [{ PORT: '8080' }, { port: 8080 }],
  [{ PORT: '65535' }, { port: 65_535 }],
  [{ HOST: 'localhost' }, { host: 'localhost', localOnly: true }],
  [{ HOST: '::1' }, { host: '::1', localOnly: true }],
  [{ HOST: '127.0.0.2' }, { host: '127.0.0.2', localOnly: true }],
  [OPEN, { host: '0.0.0.0', ...OPENED }],
  [
    { ...OPEN, HOST: '::' },
    { host: '::', ...OPENED },
  ],
  [
    { ...OPEN, HOST: '192.168.1.20' },
    { host: '192.168.1.20', ...OPENED },
  ],
  [{ ALLOW_ANONYMOUS: 'true' }, { localOnly: false }],
  [{ ALLOW_ANONYMOUS: 'false' }, { localOnly: true }],
  [
    { ...OPEN, PUBLIC_URL: 'http://images.example.com:8080/a/b//' },
    { host: '0.0.0.0', ...OPENED, publicUrl: 'http://images.example.com:8080/a/b' },
  ],
  [{ PUBLIC_URL: 'http://localhost:8080/' }, { publicUrl: 'http://localhost:8080', localOnly: true }],
  [{ STORAGE: 'embedded', AUTH: 'none' }, {}],
  [{ DATA_DIR: '/var/lib/tintype' }, { storage: { kind: 'embedded', dataDir: '/var/lib/tintype' } }],
  [
    { DATA_DIR: 'some/where' },
    { storage: { kind: 'embedded', dataDir: join(process.cwd(), 'some', 'where') } },
  ],
  [{ URL_EXPIRES_SECONDS: '1' }, { urlExpiresSeconds: 1 }],
  [{ URL_EXPIRES_SECONDS: '604800' }, { urlExpiresSeconds: 604_800 }],
  [{ UPLOAD_EXPIRES_SECONDS: '60' }, { uploadExpiresSeconds: 60 }],
  [{ UPLOAD_EXPIRES_SECONDS: '86400' }, { uploadExpiresSeconds: 86_400 }],
  [{ SIGNING_SECRET: SECRET_A }, { signingSecrets: [SECRET_A] }],
  [{ SIGNING_SECRET: `${SECRET_B} , ${SECRET_A}` }, { signingSecrets: [SECRET_B, SECRET_A] }],
  [{ MAX_IMAGE_BYTES: '1' }, { maxImageBytes: 1 }],
  [{ MAX_IMAGE_BYTES: '5000000000' }, { maxImageBytes: 5_000_000_000 }],
  [{ MAX_IMAGE_PIXELS: '1000000000' }, { maxImagePixels: 1_000_000_000 }],
  [{ ACCEPTED_TYPES: 'image/png' }, { acceptedTypes: new Set(['image/png']) }],
  [{ ACCEPTED_TYPES: 'image/webp, image/png' }, { acceptedTypes: new Set(['image/webp', 'image/png']) }],
  [{ RATE_LIMIT_PER_MINUTE: '1' }, { rateLimitPerMinute: 1 }],
  [
    { ...OPEN, RATE_LIMIT_PER_MINUTE: '1000000' },
    { host: '0.0.0.0', ...OPENED, rateLimitPerMinute: 1_000_000 },
  ],
  [{ TRUSTED_PROXIES: '10.1.2.3' }, { trustedProxies: ['10.1.2.3'] }],
  [
    { TRUSTED_PROXIES: '10.0.0.0/8, ::1,2001:db8::/32,192.0.2.1/32' },
    { trustedProxies: ['10.0.0.0/8', '::1', '2001:db8::/32', '192.0.2.1/32'] },
  ],
  [{ MAX_HEADER_BYTES: '2048' }, { maxHeaderBytes: 2048 }],
  [{ CORS_ORIGINS: '*' }, { corsOrigins: ['*'] }],
  [
    { CORS_ORIGINS: 'https://app.example.com, http://localhost:5173' },
    { corsOrigins: ['https://app.example.com', 'http://localhost:5173'] },
  ],
  [{ HEADERS_TIMEOUT_SECONDS: '1' }, { headersTimeoutSeconds: 1 }],
  [{ BODY_TIMEOUT_SECONDS: '86400' }, { bodyTimeoutSeconds: 86_400 }],
  [{ IDLE_TIMEOUT_SECONDS: '5' }, { idleTimeoutSeconds: 5 }],
  [{ MAX_IMAGES_PER_USER: '1' }, { quotaLimits: { max_images: 1, max_bytes: null } }],
  [{ MAX_BYTES_PER_USER: '1' }, { quotaLimits: { max_images: null, max_bytes: 1 } }],
  [
    { MAX_IMAGES_PER_USER: '500', MAX_BYTES_PER_USER: '999999999999999' },
    { quotaLimits: { max_images: 500, max_bytes: 999_999_999_999_999 } },
  ],
  [{ SCANNER: 'none' }, { scanner: { kind: 'none' } }],
  [{ SCANNER: 'clamd', CLAMD_ADDRESS: '127.0.0.1:3310' }, clamdAt('127.0.0.1', 3310)],
  [{ SCANNER: 'clamd', CLAMD_ADDRESS: 'clamd.internal:65535' }, clamdAt('clamd.internal', 65_535)],
  [{ SCANNER: 'clamd', CLAMD_ADDRESS: '[::1]:1' }, clamdAt('::1', 1)],
  [{ SCANNER: 'clamd', CLAMD_ADDRESS: 'a:1', CLAMD_MAX_BYTES: '5000000000' }, clamdAt('a', 1, 5_000_000_000)],
  [{ SCANNER: 'clamd', CLAMD_ADDRESS: 'unix:/run/clamav/clamd.ctl' }, CLAMD_SOCKET],
  [{ SCANNER: 'clamd', CLAMD_ADDRESS: '/run/clamav/clamd.ctl' }, CLAMD_SOCKET],
  [{ RENDITION_FORMAT: 'avif' }, processing({ presetFormat: 'avif' })],
  [{ RENDITION_FORMAT: 'webp' }, {}],
  [{ KEEP_GPS: 'true' }, processing({ keepGps: true })],
  [{ KEEP_GPS: 'false' }, {}],
  [{ STRIP_GPS: 'true' }, processing({ stripGps: true })],
  [{ STRIP_GPS: 'false' }, {}],
  [{ KEEP_VERSIONS: '0' }, processing({ keepVersions: 0 })],
  [{ KEEP_VERSIONS: '100' }, processing({ keepVersions: 100 })],
  [{ TRASH_DAYS: '1' }, processing({ trashDays: 1 })],
  [{ TRASH_DAYS: '3650' }, processing({ trashDays: 3650 })],
  [{ WEBHOOKS: 'on' }, { webhooks: 'on' }],
  [{ WEBHOOKS: 'internal' }, { webhooks: 'internal' }],
  [{ AUDIT_DAYS: '1' }, { auditDays: 1 }],
  [{ AUDIT_DAYS: '3650' }, { auditDays: 3650 }],
  [{ METRICS: 'off' }, observing({ metrics: undefined })],
  [{ METRICS: 'on' }, {}],
  [{ METRICS_NAMESPACE: 'Tintype/prod' }, observing({ metrics: { namespace: 'Tintype/prod' } })],
  [{ TRACES: 'none' }, {}],
  [{ TRACES: 'otlp' }, observing({ traces: TRACES })],
  [
    { TRACES: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example.com/otlp/' },
    observing({ traces: { ...TRACES, endpoint: 'https://collector.example.com/otlp' } }),
  ],
  [
    { TRACES: 'otlp', OTEL_SERVICE_NAME: 'images', OTEL_TRACES_SAMPLER_ARG: '0.25' },
    observing({ traces: { ...TRACES, serviceName: 'images', sampleRatio: 0.25 } }),
  ],
  [{ OTEL_SERVICE_NAME: 'images', OTEL_TRACES_SAMPLER_ARG: '0' }, {}],
  [{ LOG_LEVEL: 'debug' }, { logLevel: 'debug' }],
  [{ LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
];

describe('the configuration', () => {
  test('of an empty environment has the documented defaults', () => {
    expect(readConfig({})).toEqual(DEFAULTS);
  });

  test('takes an empty variable for one that is not set', () => {
    const empty = Object.fromEntries(VARIABLES.map((name) => [name, '']));
    expect(Object.keys(empty).length).toBeGreaterThan(10);
    expect(readConfig(empty)).toEqual(DEFAULTS);
    expect(readConfig({ PORT: undefined, HOST: '' })).toEqual(DEFAULTS);
  });

  test('is not concerned with variables of others', () => {
    expect(readConfig({ HOME: '/root', port: '1', NODE_ENV: 'production', PORTS: 'x' })).toEqual(DEFAULTS);
  });

  test('is frozen', () => {
    const config = readConfig({}) as { port: number };
    expect(Object.isFrozen(config)).toBe(true);
    expect(() => {
      config.port = 1;
    }).toThrow(TypeError);
  });

  test.for(GOOD)('of %j has just that in place of the defaults', ([variables, differing]) => {
    expect(readConfig(variables)).toEqual({ ...DEFAULTS, ...differing });
  });

  test('knows good and bad values of every variable that it reads', () => {
    const good = new Set(GOOD.flatMap(([variables]) => Object.keys(variables)));
    // Those of the AWS home, and of tokens, have tests of their own.
    const elsewhere = { ...awsEnvironment, ...authEnvironment };
    const variables = VARIABLES.filter((name) => name === 'AUTH' || !(name in elsewhere)).sort();
    expect([...good].sort()).toEqual(variables);
    // Any text can be a host or a folder; whether it is one shows when it is used.
    const bad = new Set([...BAD.map(([name]) => name), 'HOST', 'DATA_DIR']);
    expect([...bad].sort()).toEqual(variables);
  });
});

describe('a wrong environment', () => {
  test.for(BAD)('%s is refused for %j', ([name, values, message]) => {
    for (const value of values) expect(problemsOf({ [name]: value }), value).toEqual([`${name} ${message}`]);
  });

  test('has a line for each thing that is wrong', () => {
    const problems = problemsOf({
      PORT: 'abc',
      LOG_LEVEL: 'loud',
      URL_EXPIRES_SECONDS: '0',
      DATA_DIR: 'fine',
    });
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'LOG_LEVEL',
      'PORT',
      'URL_EXPIRES_SECONDS',
    ]);
    for (const problem of problems) expect(problem).toMatch(/^[A-Z_]+ must .*\.$/);
  });

  test('never repeats a secret', () => {
    expect(problemsOf({ SIGNING_SECRET: 'hunter2' }).join()).not.toContain('hunter2');
  });
});

describe('listening where others can connect', () => {
  test.for(['0.0.0.0', '::', '192.168.1.20', 'images.example.com', '127.0.0.1.example.com', '128.0.0.1'])(
    'on %s needs both a word that everybody may, and a public URL',
    (HOST) => {
      const anonymous = expect.stringMatching(/^HOST is .* ALLOW_ANONYMOUS=true .*\.$/);
      const publicUrl = `PUBLIC_URL must say how callers reach this server, since HOST is ${HOST}.`;
      expect(problemsOf({ HOST })).toEqual([anonymous, publicUrl]);
      expect(problemsOf({ HOST, ALLOW_ANONYMOUS: 'false' })).toEqual([anonymous, publicUrl]);
      expect(problemsOf({ HOST, ALLOW_ANONYMOUS: 'true' })).toEqual([publicUrl]);
      expect(problemsOf({ ...OPEN, HOST, ALLOW_ANONYMOUS: '' })).toEqual([anonymous]);
      expect(problemsOf({ ...OPEN, HOST })).toEqual([]);
    },
  );

  test('through a proxy to loopback needs a word that everybody may', () => {
    const { PUBLIC_URL } = OPEN;
    expect(problemsOf({ PUBLIC_URL })).toEqual([
      expect.stringMatching(/^PUBLIC_URL is https:\/\/images\.example\.com, .* ALLOW_ANONYMOUS=true .*\.$/),
    ]);
    expect(readConfig({ PUBLIC_URL, ALLOW_ANONYMOUS: 'true' })).toMatchObject({
      publicUrl: PUBLIC_URL,
      localOnly: false,
    });
    for (const own of ['http://127.0.0.1:9000', 'http://[::1]:9000', 'http://localhost']) {
      expect(readConfig({ PUBLIC_URL: own })).toMatchObject({ publicUrl: own, localOnly: true });
    }
  });
});

describe('a scanner', () => {
  const CLAMD_ADDRESS = '127.0.0.1:3310';

  test('that is clamd needs its address', () => {
    const missing =
      'CLAMD_ADDRESS must say where clamd listens, such as 127.0.0.1:3310, since SCANNER is clamd.';
    expect(problemsOf({ SCANNER: 'clamd' })).toEqual([missing]);
    expect(problemsOf({ SCANNER: 'clamd', CLAMD_ADDRESS: '' })).toEqual([missing]);
  });

  test('that is not clamd has no address of it: nobody is to believe that images are scanned', () => {
    const idle = (kind: string) =>
      `CLAMD_ADDRESS is set, and SCANNER is ${kind}: set SCANNER=clamd, or leave the address out.`;
    expect(problemsOf({ CLAMD_ADDRESS })).toEqual([idle('none')]);
    expect(problemsOf({ SCANNER: 'none', CLAMD_ADDRESS })).toEqual([idle('none')]);
    expect(problemsOf({ SCANNER: 'guardduty', CLAMD_ADDRESS })).toEqual([idle('guardduty')]);
  });

  test('that is GuardDuty scans buckets alone', () => {
    expect(problemsOf({ SCANNER: 'guardduty' })).toEqual([
      'SCANNER is guardduty, which scans buckets of S3 alone: set STORAGE=aws, or use clamd.',
    ]);
    const aws = {
      STORAGE: 'aws',
      IMAGES_BUCKET: 'pictures',
      JOBS_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/jobs',
      SIGNING_SECRET: SECRET_A,
    };
    expect(readConfig({ ...aws, SCANNER: 'guardduty' }).scanner).toEqual({ kind: 'guardduty' });
    expect(readConfig({ ...aws, SCANNER: 'clamd', CLAMD_ADDRESS })).toMatchObject(clamdAt('127.0.0.1', 3310));
  });
});
