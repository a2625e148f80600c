import { IRELAND } from './prices-eu-west-1.ts';
import { VIRGINIA } from './prices-us-east-1.ts';
import type { Rate } from './rate.ts';

/** When the table was put together: from stored sources, which it names; no live page was read. */
export const PRICES_OF = '2026-11-22';

const page = (service: string) => `https://aws.amazon.com/${service}/pricing/`;

/** What is paid for, how much of it costs the dollars of a step, and AWS's own page. A GB is 10^9 bytes. */
export const PAID_FOR = {
  s3_storage: { what: 'S3 Standard, stored', per: 1, unit: 'GB-month', page: page('s3') },
  s3_put: { what: 'S3 PUT, COPY, POST, LIST', per: 1000, unit: 'requests', page: page('s3') },
  s3_get: { what: 'S3 GET, HEAD', per: 1000, unit: 'requests', page: page('s3') },
  dynamodb_write: { what: 'DynamoDB write units', per: 1e6, unit: 'units', page: page('dynamodb') },
  dynamodb_read: { what: 'DynamoDB read units', per: 1e6, unit: 'units', page: page('dynamodb') },
  dynamodb_storage: { what: 'DynamoDB, stored', per: 1, unit: 'GB-month', page: page('dynamodb') },
  dynamodb_recovery: { what: 'DynamoDB recovery', per: 1, unit: 'GB-month', page: page('dynamodb') },
  lambda_requests: { what: 'Lambda requests', per: 1e6, unit: 'requests', page: page('lambda') },
  lambda_compute: { what: 'Lambda on arm64', per: 1, unit: 'GB-seconds', page: page('lambda') },
  api_requests: { what: 'API Gateway, REST', per: 1e6, unit: 'requests', page: page('api-gateway') },
  egress: { what: 'data out to the internet', per: 1, unit: 'GB', page: page('s3') },
  cloudfront_requests: { what: 'CloudFront HTTPS', per: 10_000, unit: 'requests', page: page('cloudfront') },
  cloudfront_egress: { what: 'CloudFront data out', per: 1, unit: 'GB', page: page('cloudfront') },
  waf_wall: { what: 'WAF web ACL', per: 1, unit: 'web ACL', page: page('waf') },
  waf_rule: { what: 'WAF rule or managed group', per: 1, unit: 'rules', page: page('waf') },
  waf_requests: { what: 'WAF requests', per: 1e6, unit: 'requests', page: page('waf') },
  alarms: { what: 'CloudWatch alarms', per: 1, unit: 'alarm metrics', page: page('cloudwatch') },
  metrics: { what: 'CloudWatch paid metrics', per: 1, unit: 'metrics', page: page('cloudwatch') },
  dashboards: { what: 'CloudWatch dashboards', per: 1, unit: 'dashboard', page: page('cloudwatch') },
  logs_in: { what: 'CloudWatch Logs, taken in', per: 1, unit: 'GB', page: page('cloudwatch') },
  logs_kept: { what: 'CloudWatch Logs, kept', per: 1, unit: 'GB-month', page: page('cloudwatch') },
  traces: { what: 'X-Ray traces recorded', per: 1e6, unit: 'traces', page: page('xray') },
  queue_requests: { what: 'SQS requests', per: 1e6, unit: 'requests', page: page('sqs') },
  secrets: { what: 'Secrets Manager', per: 1, unit: 'secret', page: page('secrets-manager') },
  key_requests: { what: 'KMS requests', per: 10_000, unit: 'requests', page: page('kms') },
  scan_bytes: { what: 'GuardDuty scan, by size', per: 1, unit: 'GB', page: page('guardduty') },
  scan_objects: { what: 'GuardDuty scan, by object', per: 1000, unit: 'objects', page: page('guardduty') },
} as const;

export type PriceName = keyof typeof PAID_FOR;

export type Rates = Readonly<Record<PriceName, Rate>>;

const REGIONS = { 'us-east-1': VIRGINIA, 'eu-west-1': IRELAND } as const satisfies Record<string, Rates>;

export type Region = keyof typeof REGIONS;

export const REGION_NAMES: readonly string[] = Object.keys(REGIONS);

export function isRegion(name: string): name is Region {
  return Object.hasOwn(REGIONS, name);
}

export function ratesOf(region: Region): Rates {
  return REGIONS[region];
}

/** What an amount costs in a month, step by step. */
export function priceOf(rates: Rates, name: PriceName, amount: number): number {
  let [paid, from] = [0, 0];
  for (const { upTo, usd } of rates[name].steps) {
    paid += Math.max(0, Math.min(amount, upTo) - from) * usd;
    from = upTo;
  }
  return paid / PAID_FOR[name].per;
}
