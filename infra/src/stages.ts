import type { OperationName } from '../../service/src/operations/manifest.ts';

/** Requests a second that go on for long, and how many may come at once. */
export interface Throttle {
  readonly rate: number;
  readonly burst: number;
}

/** What differs between stages. Everything else is alike, so that what passed in one holds in the next. */
export interface StageSettings {
  readonly region: string;
  /** How callers reach the API, if by a name of your own in front of it; else API Gateway's URL. */
  readonly publicUrl?: string;
  /** Data outlives its stack, and tables cannot be deleted. False: everything goes with the stack. */
  readonly keepsData: boolean;
  /** S3 keeps what was overwritten or deleted for 30 days. */
  readonly bucketVersions: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn';
  /** One of the spans that CloudWatch knows: 7, 14, 30, 90, 365, ... */
  readonly logDays: number;
  /** The second wall; the first is the function, which asks nobody yet. */
  readonly auth: 'cognito' | 'none';
  /** Pages that may upload straight to the bucket and read the API's own errors. */
  readonly corsOrigins: readonly string[];
  readonly throttle: Throttle;
  /** Where an operation may be called less often than the rest. */
  readonly routeThrottle: { readonly [Name in OperationName]?: Throttle };
  /** The most functions of an operation at once, where a burst would hurt what lies behind it. */
  readonly reservedConcurrency: { readonly [Name in OperationName]?: number };
  /** Functions kept warm, by operation. Each costs some 3 dollars a month at 256 MB. */
  readonly provisionedConcurrency: { readonly [Name in OperationName]?: number };
  /** A new version gets 10 % of the requests for 5 minutes; an alarm takes it back. False: all at once. */
  readonly canary: boolean;
  readonly tracing: boolean;
  /** GuardDuty scans every new object. */
  readonly malwareScan: boolean;
  /** Who is told of alarms. */
  readonly alarmEmail?: string;
  /** CloudFront in front of the bucket, for those who hold this public key's private half. */
  readonly edge?: { readonly publicKey: string };
}

const SMALL: StageSettings = {
  region: 'us-east-1',
  keepsData: false,
  bucketVersions: false,
  logLevel: 'debug',
  logDays: 7,
  auth: 'cognito',
  corsOrigins: [],
  throttle: { rate: 50, burst: 100 },
  routeThrottle: {},
  reservedConcurrency: {},
  provisionedConcurrency: {},
  canary: false,
  tracing: false,
  malwareScan: false,
};

const LARGE: StageSettings = {
  ...SMALL,
  keepsData: true,
  logLevel: 'info',
  logDays: 90,
  throttle: { rate: 1000, burst: 2000 },
  // Uploads hold their image in memory, and write 20 units each.
  routeThrottle: { 'upload-image': { rate: 200, burst: 400 } },
  canary: true,
  tracing: true,
};

/** The stages; add yours here. Any other name is a small one that is gone with its stack. */
const STAGES: Readonly<Record<string, StageSettings>> = {
  dev: SMALL,
  staging: {
    ...LARGE,
    keepsData: false,
    logDays: 30,
    throttle: { rate: 100, burst: 200 },
    routeThrottle: {},
  },
  prod: { ...LARGE, bucketVersions: true, malwareScan: true },
};

export interface Stage extends StageSettings {
  readonly name: string;
}

/** @throws Error where the name cannot be part of a bucket's. */
export function stageNamed(name: string): Stage {
  if (!/^[a-z][a-z0-9-]{0,15}$/.test(name)) {
    throw new Error(`${name} cannot name a stage: use 1 to 16 of a-z, 0-9 and -, a letter first.`);
  }
  return { ...(STAGES[name] ?? SMALL), name };
}
