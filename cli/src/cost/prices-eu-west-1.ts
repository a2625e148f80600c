import { VIRGINIA } from './prices-us-east-1.ts';
import { flat, type Seen, stepped } from './rate.ts';

/** AWS's price list of September and October 2026, as a project on GitHub has copied parts of it. */
const LIST: Seen = {
  where:
    "AWS's price list, copied at github.com/henderjm/world-cup-sweepstake: docs/costs/aws-ireland-rates.json",
  date: '2026-10-04',
};

/** AWS names one price for all regions. */
const EVERYWHERE: Seen = {
  where:
    'aws.amazon.com/blogs/networking-and-content-delivery/cost-effective-ways-for-securing-your-web-applications-using-aws-waf',
  date: 'undated',
};

/** What eu-west-1 (Ireland) asks. What has no source beside it is unconfirmed. */
export const IRELAND = {
  // Its first step is in the list; the others are Virginia's.
  s3_storage: { steps: VIRGINIA.s3_storage.steps, seen: LIST },
  s3_put: flat(0.005, LIST),
  s3_get: flat(0.0004, LIST),
  dynamodb_write: flat(0.705, LIST),
  dynamodb_read: flat(0.1415, LIST),
  dynamodb_storage: flat(0.283, LIST),
  dynamodb_recovery: flat(0.22, LIST),
  lambda_requests: flat(0.2, LIST),
  lambda_compute: { steps: VIRGINIA.lambda_compute.steps },
  api_requests: stepped(
    [
      [333e6, 3.5],
      [1e9, 2.8],
      [20e9, 2.38],
    ],
    1.51,
    {
      where: 'blog.easecloud.io/cost-optimization/reduce-api-gateway-dynamodb-costs; its first step',
      date: 'undated',
    },
  ),
  // As with storage: the first step is in the list.
  egress: { steps: VIRGINIA.egress.steps, seen: LIST },
  cloudfront_requests: flat(0.012),
  cloudfront_egress: VIRGINIA.cloudfront_egress,
  waf_wall: flat(5, EVERYWHERE),
  waf_rule: flat(1, EVERYWHERE),
  waf_requests: flat(0.6, EVERYWHERE),
  alarms: flat(0.1, LIST),
  metrics: flat(0.3, LIST),
  dashboards: flat(3),
  logs_in: flat(0.57, LIST),
  logs_kept: flat(0.03, LIST),
  traces: flat(5, VIRGINIA.traces.seen),
  queue_requests: flat(0.4),
  secrets: flat(0.4, LIST),
  key_requests: flat(0.03),
  scan_bytes: flat(0.09),
  scan_objects: flat(0.215),
} as const;
