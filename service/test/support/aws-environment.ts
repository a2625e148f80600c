/**
 * Where tests over AWS find it. `npm test` has emulators in its own process, whatever the environment says.
 * `npm run test:aws` runs the same suites against what the environment points to:
 *
 * - `TINTYPE_TEST_AWS=environment` is the mode itself; the command sets it.
 * - `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL_SQS`, or `AWS_ENDPOINT_URL` for those
 *   of the three that have none of their own: DynamoDB Local, radosgw, MinIO, LocalStack, moto. A service
 *   without an endpoint stays on its emulator, so that one engine can be tried alone; an endpoint that is set
 *   and empty keeps a service on its emulator in spite of `AWS_ENDPOINT_URL`.
 * - `AWS_REGION`, us-east-1 without; `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, those
 *   of the emulators without. The emulators answer to the same.
 * - `TINTYPE_TEST_AWS_ACCOUNT=true` is the consent to use a real account, which costs money: services without an
 *   endpoint are then AWS's own, with region and credentials from wherever the SDK finds them. Without it no
 *   profile and no role is looked at, and an endpoint of AWS's own is refused.
 *
 * What a run makes has names that begin with `tintype-test-` and the run's own letters, and goes at its end.
 */
export const AWS_FROM_ENVIRONMENT = modeOf(process.env);

type Environment = Readonly<Record<string, string | undefined>>;

export const AWS_SERVICES = ['dynamodb', 's3', 'sqs'] as const;
export type AwsService = (typeof AWS_SERVICES)[number];

/** What stands for a service: an emulator in this process, an engine at an endpoint, or AWS's own. */
export type AwsPlace =
  | { readonly kind: 'emulator' }
  | { readonly kind: 'engine'; readonly endpoint: string }
  | { readonly kind: 'account' };

export type AwsPlaces = Readonly<Record<AwsService, AwsPlace>>;

export const ON_EMULATORS: AwsPlaces = {
  dynamodb: { kind: 'emulator' },
  s3: { kind: 'emulator' },
  sqs: { kind: 'emulator' },
};

/** Whether the tests over AWS look into the environment for it at all. */
export function modeOf({ TINTYPE_TEST_AWS: mode }: Environment): boolean {
  if (mode === undefined || mode === '') return false;
  if (mode === 'environment') return true;
  throw new Error(`TINTYPE_TEST_AWS can only be "environment", not ${JSON.stringify(mode)}.`);
}

/** Whether the environment allows a real account to be used. */
export function accountAllowed({ TINTYPE_TEST_AWS_ACCOUNT: consent }: Environment): boolean {
  return consent === 'true';
}

/** What stands for each service. */
export function placesOf(environment: Environment): AwsPlaces {
  if (!modeOf(environment)) return ON_EMULATORS;
  return {
    dynamodb: placeOf('dynamodb', environment),
    s3: placeOf('s3', environment),
    sqs: placeOf('sqs', environment),
  };
}

function placeOf(service: AwsService, environment: Environment): AwsPlace {
  const name = `AWS_ENDPOINT_URL_${service.toUpperCase()}`;
  const endpoint = environment[name] ?? environment['AWS_ENDPOINT_URL'] ?? '';
  if (endpoint === '') return { kind: accountAllowed(environment) ? 'account' : 'emulator' };
  if (isOfAws(endpoint) && !accountAllowed(environment)) {
    throw new Error(`${endpoint} is AWS itself: TINTYPE_TEST_AWS_ACCOUNT=true is the consent to use it.`);
  }
  return { kind: 'engine', endpoint: endpoint.replace(/\/+$/, '') };
}

function isOfAws(endpoint: string): boolean {
  return /(^|\.)(amazonaws\.com(\.cn)?|api\.aws)\.?$/.test(new URL(endpoint).hostname);
}
