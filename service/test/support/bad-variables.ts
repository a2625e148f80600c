/** Long enough to sign with. */
const SECRET = 'a'.repeat(32);
const wholeNumber = (least: number, most: number) => `must be a whole number from ${least} to ${most}.`;
const URL_MESSAGE = 'must be an http or https URL without query, such as https://images.example.com.';
const SECRET_MESSAGE = 'must have at least 32 characters (several, newest first, are parted by commas).';
const PROXIES_MESSAGE =
  'must be addresses or networks with commas between them, such as 10.0.0.0/8,2001:db8::1.';
const CLAMD_MESSAGE =
  'must be host:port, such as 127.0.0.1:3310 or [::1]:3310, or the absolute path of a socket, ' +
  'such as unix:/run/clamav/clamd.ctl.';
const TYPES_MESSAGE = 'must be some of image/jpeg,image/png,image/webp,image/gif,image/avif.';

/** Each variable's bad values, and what is said of every one of them. */
export const BAD: readonly (readonly [string, readonly string[], string])[] = [
  [
    'PORT',
    ['abc', '-1', '65536', '80.5', '0x50', '8o', ' 80', '1e3', '99999999999999999999'],
    wholeNumber(0, 65_535),
  ],
  [
    'PUBLIC_URL',
    ['images.example.com', 'ftp://a.example', 'https://', 'https://a.example/?x=1', 'https://a.example/#x'],
    URL_MESSAGE,
  ],
  ['STORAGE', ['AWS', 'EMBEDDED', 'disk', 'embedded,aws'], 'must be embedded or aws.'],
  ['AUTH', ['JWT', 'basic'], 'must be none or jwt.'],
  [
    'CORS_ORIGINS',
    ['app.example.com', 'https://app.example.com/', 'https://*.example.com', 'null', 'https://a.example,'],
    'must be * or origins with commas between them, such as https://app.example.com,http://localhost:5173.',
  ],
  ['ALLOW_ANONYMOUS', ['yes', '1', 'TRUE', ' true'], 'must be true or false.'],
  ['URL_EXPIRES_SECONDS', ['0', '604801', '-5', '1h', '60.0'], wholeNumber(1, 604_800)],
  ['UPLOAD_EXPIRES_SECONDS', ['59', '86401', '30m'], wholeNumber(60, 86_400)],
  [
    'SIGNING_SECRET',
    ['short', 'a'.repeat(31), `${SECRET},`, `${SECRET},short`, ' '.repeat(40)],
    SECRET_MESSAGE,
  ],
  ['MAX_IMAGE_BYTES', ['0', '50MB', '5000000001'], wholeNumber(1, 5_000_000_000)],
  ['MAX_IMAGE_PIXELS', ['0', '1000000001', 'many'], wholeNumber(1, 1_000_000_000)],
  [
    'ACCEPTED_TYPES',
    ['jpeg', 'image/svg+xml', 'image/png,', 'image/png;image/gif', 'IMAGE/PNG'],
    TYPES_MESSAGE,
  ],
  ['RATE_LIMIT_PER_MINUTE', ['0', 'off', '-1', '1.5', '1000001', '60/s'], wholeNumber(1, 1_000_000)],
  [
    'TRUSTED_PROXIES',
    [
      'proxy.example.com',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '10.0.0',
      '::1/129',
      'fe80::1%eth0',
      '10.0.0.1,',
      '*',
      '[::1]',
    ],
    PROXIES_MESSAGE,
  ],
  ['MAX_HEADER_BYTES', ['2047', '16k', '1048577'], wholeNumber(2048, 1_048_576)],
  ['HEADERS_TIMEOUT_SECONDS', ['0', '10s', '86401'], wholeNumber(1, 86_400)],
  ['BODY_TIMEOUT_SECONDS', ['0', '-1', '86401'], wholeNumber(1, 86_400)],
  ['IDLE_TIMEOUT_SECONDS', ['0', '0.5', '86401'], wholeNumber(1, 86_400)],
  [
    'MAX_IMAGES_PER_USER',
    ['0', '-1', 'none', '1e3', '1000000000000000'],
    wholeNumber(1, 999_999_999_999_999),
  ],
  ['MAX_BYTES_PER_USER', ['0', '1.5', '10GB', '1000000000000000'], wholeNumber(1, 999_999_999_999_999)],
  ['SCANNER', ['clamav', 'CLAMD', 'off', 'none,clamd'], 'must be none, clamd or guardduty.'],
  [
    'CLAMD_ADDRESS',
    ['3310', 'localhost', '127.0.0.1:0', '127.0.0.1:65536', '::1:3310', 'run/clamd.ctl', 'tcp://a:3310'],
    CLAMD_MESSAGE,
  ],
  ['CLAMD_MAX_BYTES', ['0', '25M', '5000000001'], wholeNumber(1, 5_000_000_000)],
  ['RENDITION_FORMAT', ['jpeg', 'image/webp', 'WEBP', 'webp,avif'], 'must be webp or avif.'],
  ['KEEP_GPS', ['yes', '1', 'TRUE'], 'must be true or false.'],
  ['STRIP_GPS', ['yes', '1', 'TRUE'], 'must be true or false.'],
  ['KEEP_VERSIONS', ['-1', '101', 'all'], wholeNumber(0, 100)],
  ['WEBHOOKS', ['true', 'ON', 'external'], 'must be off, on or internal.'],
  ['TRASH_DAYS', ['-1', '3651', '30d', '0.5'], wholeNumber(0, 3650)],
  ['AUDIT_DAYS', ['0', '-1', '3651', '1y', '0.5'], wholeNumber(1, 3650)],
  ['METRICS', ['true', 'OFF'], 'must be on or off.'],
  [
    'METRICS_NAMESPACE',
    ['AWS/Lambda', 'with space', 'x'.repeat(256)],
    'must be a namespace of CloudWatch, such as Tintype/prod.',
  ],
  ['TRACES', ['on', 'OTLP'], 'must be none or otlp.'],
  [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    ['collector', 'grpc://127.0.0.1:4317', '127.0.0.1:4318'],
    'must be the http or https URL of a collector, such as http://127.0.0.1:4318.',
  ],
  ['OTEL_SERVICE_NAME', ['x'.repeat(256)], 'must have at most 255 characters.'],
  ['OTEL_TRACES_SAMPLER_ARG', ['-0.1', '1.1', '2', 'all', '.5'], 'must be a number from 0 to 1.'],
  ['LOG_LEVEL', ['loud', 'INFO', '30'], 'must be a level of pino, such as info.'],
];
