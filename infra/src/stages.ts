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
  /** Who tells who callers are: a user pool of ours, an issuer of yours, or nobody, and everybody may do everything. */
  readonly auth: 'cognito' | 'none' | Issuer;
  /** How admins must have signed in; without it any token with `images:admin` is an admin's. */
  readonly stepUp?: StepUpSettings;
  /** Pages that may upload straight to the bucket and read the API's own errors. */
  readonly corsOrigins: readonly string[];
  readonly throttle: Throttle;
  /** Where an operation may be called less often than the rest. */
  readonly routeThrottle: { readonly [Name in OperationName]?: Throttle };
  /** Over how many partitions the lists of all users are spread, 1 to 8; it may only grow (docs/scaling.md). */
  readonly listingShards: number;
  /** The most functions of an operation at once, where a burst would hurt what lies behind it. */
  readonly reservedConcurrency: { readonly [Name in OperationName]?: number };
  /** Functions kept warm, by operation. Each costs some 3 dollars a month at 256 MB. */
  readonly provisionedConcurrency: { readonly [Name in OperationName]?: number };
  /** A new version gets 10 % of the requests for 5 minutes; an alarm takes it back. False: all at once. */
  readonly canary: boolean;
  readonly tracing: boolean;
  /** GuardDuty scans every new object, and no image is shown before it is found clean. */
  readonly malwareScan: boolean;
  /** What the pictures are in that are made of every image. */
  readonly renditionFormat: 'webp' | 'avif';
  /** Whether what is told of an image says where it was taken. */
  readonly keepGps: boolean;
  /** Whether originals are rewritten without where they were taken, before they are served. */
  readonly stripGps: boolean;
  /** How many versions of an image are kept beside the current one. */
  readonly keepVersions: number;
  /** How long a deleted image lies in the trash; 0: it is gone at once. */
  readonly trashDays: number;
  /** How long it is kept who did what. */
  readonly auditDays: number;
  /** Whether webhooks may be told of changes of images. */
  readonly webhooks: boolean;
  /** Who is told of alarms. */
  readonly alarmEmail?: string;
  /** OpenSearch, which finds images by their texts: paid by the hour, whether it is asked or not. */
  readonly search?: SearchDomain;
  /** CloudFront in front of the bucket. */
  readonly edge?: Edge;
  /** The page for people, by CloudFront. */
  readonly gallery?: Gallery;
}

/** https://docs.aws.amazon.com/opensearch-service/latest/developerguide/sizing-domains.html: an image takes some 1 KB. */
export interface SearchDomain {
  /** Such as `t3.small.search`. */
  readonly instanceType: string;
  /** One: what it holds is made anew after a failure (`tintype reindex`). Two or more: as many zones, up to three. */
  readonly instances: 1 | 2 | 3;
  /** Of each instance. */
  readonly volumeGb: number;
  /** ARNs of roles and users of the account that run `tintype reindex`: the functions' own roles are nobody's to take. */
  readonly operators?: readonly string[];
}

/** Whose tokens the functions accept. The gateway checks Cognito's alone, so that here they are the one wall. */
export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  /** Where its public keys are fetched, by https. */
  readonly jwksUrl: string;
  /** What it puts before our scopes, such as `tintype/`. */
  readonly scopePrefix?: string;
  /** Where it is asked about each token at each request, so that what it takes back ends at once. */
  readonly introspection?: Introspection;
  /** By which the gallery signs people in, a public client that comes back to its URL; without it they paste a token. */
  readonly galleryClientId?: string;
  /** Where the gallery gets tokens, if not at the issuer's own origin. */
  readonly signInOrigins?: readonly string[];
}

/** RFC 7662. Cognito has nothing of the kind. */
export interface Introspection {
  /** By https. */
  readonly url: string;
  /** By which the issuer knows the functions. */
  readonly clientId: string;
  /** The secret in Secrets Manager, in the stage's region, that holds the one of that client. */
  readonly secretArn: string;
}

/** RFC 9470. */
export interface StepUpSettings {
  /** A token's `acr` must be one of them; Cognito's tokens have none. */
  readonly acrValues?: readonly string[];
  /** How long ago at most, by the token's `auth_time`. */
  readonly maxAgeSeconds?: number;
}

/** It is made with nothing said; then its URL goes here, and with the next deployment it is the API's own. */
export interface Gallery {
  /**
   * The gallery stack's output GalleryUrl, or a name of your own for it: pages there may then send images straight to
   * the bucket, people come back there from signing in, and URLs in answers start with it.
   */
  readonly url?: string;
}

/** It is made with the public key alone; then its outputs go into `signing`, and with the next deployment URLs are its own. */
export interface Edge {
  /** RSA with 2048 bits, as PEM: who holds its private half can give out URLs. */
  readonly publicKey: string;
  /** The service stack's output RenderUrl: the edge then has renditions made that are not in the bucket. */
  readonly renderUrl?: string;
  readonly signing?: EdgeSigning;
}

/** What functions need to sign URLs of the edge. */
export interface EdgeSigning {
  /** The edge stack's output CdnUrl, or a name of your own for it. */
  readonly url: string;
  /** The edge stack's output KeyPairId. */
  readonly keyPairId: string;
  /** The secret in Secrets Manager, in the stage's region, that holds the private half as PEM. */
  readonly privateKeyArn: string;
  /** The edge stack's output DistributionId: its caches are then told of images that may not be served any more. */
  readonly distributionId?: string;
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
  listingShards: 4,
  reservedConcurrency: {},
  provisionedConcurrency: {},
  canary: false,
  tracing: false,
  malwareScan: false,
  renditionFormat: 'webp',
  keepGps: false,
  stripGps: false,
  keepVersions: 10,
  trashDays: 0,
  auditDays: 365,
  webhooks: false,
};

const LARGE: StageSettings = {
  ...SMALL,
  keepsData: true,
  logLevel: 'info',
  logDays: 90,
  throttle: { rate: 1000, burst: 2000 },
  // Uploads hold their image in memory, and write 20 units each.
  routeThrottle: {
    'upload-image': { rate: 200, burst: 400 },
    'replace-image': { rate: 200, burst: 400 },
  },
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
