import { fileURLToPath } from 'node:url';
import { Arn, ArnFormat, Aws, Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { type IRole, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, Architecture, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { UPLOADS_PREFIX } from '../../service/src/domain/object-key.ts';
import { EVERYONE_INDEX } from '../../service/src/drivers/aws/tables.ts';
import { searchIndexBehind } from '../../service/src/drivers/opensearch/search-document.ts';
import type { FunctionName, OperationName } from '../../service/src/operations/manifest.ts';
import type { FunctionRow } from '../../service/src/operations/manifest-rows.ts';
import { acknowledge, wildcardOn } from './acknowledge.ts';
import { codeOf } from './function-code.ts';
import { LIVE } from './live.ts';
import type { Names } from './names.ts';
import { permissionsOf, queueFeeding, type Resource, WILDCARDS } from './permissions.ts';
import { functionsOf } from './rows.ts';
import type { Stage } from './stages.ts';

/** As OPENSEARCH_INDEX has it unless it is said. */
const SEARCH_INDEX = 'tintype-images';

const BUNDLES = fileURLToPath(new URL('../../build/lambda', import.meta.url));

export interface DeployedFunction {
  readonly row: FunctionRow;
  readonly name: string;
  readonly live: Alias;
}

export interface FunctionEnvironment {
  readonly publicUrl: string;
  readonly signingSecretArn: string;
  /** The endpoint of OpenSearch, where the stage has one. */
  readonly searchUrl?: string | undefined;
  /** Who callers are, as the functions find it out. */
  readonly auth: Readonly<Record<string, string>>;
}

/** A function for each row of the manifest that the stage has, with a role that may do what the row says and nothing else. */
export function makeFunctions(
  stack: Stack,
  names: Names,
  stage: Stage,
  environment: FunctionEnvironment,
): Map<FunctionName, DeployedFunction> {
  const made = new Map<FunctionName, DeployedFunction>();
  for (const row of functionsOf(stage))
    made.set(row.name, makeFunction(stack, row, names, stage, environment));
  return made;
}

function makeFunction(
  stack: Stack,
  row: FunctionRow,
  names: Names,
  stage: Stage,
  environment: FunctionEnvironment,
): DeployedFunction {
  const functionName = names.functionNamed(row.name);
  const id = pascalCase(row.name);
  // It is in the stack before this one (watch-stack.ts).
  const logGroup = LogGroup.fromLogGroupName(stack, `${id}Log`, names.logOf(row.name));
  const code = new LambdaFunction(stack, id, {
    functionName,
    description: `Tintype ${stage.name}: ${row.name}`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: codeOf(`${BUNDLES}/${row.name}`),
    memorySize: row.memory_mb,
    timeout: Duration.seconds(row.timeout_seconds),
    role: makeRole(stack, id, row, names, stage, environment),
    environment: variablesFor(row, names, stage, environment),
    logGroup,
    // The versions before stay: a rollback goes back to one.
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    tracing: stage.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
    ...optional('reservedConcurrentExecutions', stage.reservedConcurrency[row.name as OperationName]),
  });
  const live = new Alias(stack, `${id}Live`, {
    aliasName: LIVE,
    version: code.currentVersion,
    ...optional('provisionedConcurrentExecutions', stage.provisionedConcurrency[row.name as OperationName]),
  });
  return { row, name: functionName, live };
}

function variablesFor(
  { touches }: FunctionRow,
  names: Names,
  stage: Stage,
  { publicUrl, signingSecretArn, searchUrl, auth }: FunctionEnvironment,
): Record<string, string> {
  return {
    NODE_OPTIONS: '--enable-source-maps',
    STORAGE: 'aws',
    PUBLIC_URL: publicUrl,
    ...auth,
    CORS_ORIGINS: stage.corsOrigins.join(','),
    IMAGES_BUCKET: names.bucket,
    IMAGES_TABLE: names.tables.images,
    LISTINGS_TABLE: names.tables.listings,
    LEDGER_TABLE: names.tables.ledger,
    AUDIT_TABLE: names.tables.audit,
    JOBS_QUEUE_URL: queueUrl(stage, names.queues.jobs.queue),
    JOB_QUEUES: 'by-kind',
    SCANNER: stage.malwareScan ? 'guardduty' : 'none',
    RENDITION_FORMAT: stage.renditionFormat,
    KEEP_GPS: String(stage.keepGps),
    STRIP_GPS: String(stage.stripGps),
    KEEP_VERSIONS: String(stage.keepVersions),
    TRASH_DAYS: String(stage.trashDays),
    AUDIT_DAYS: String(stage.auditDays),
    WEBHOOKS: stage.webhooks ? 'on' : 'off',
    LISTING_SHARDS: String(stage.listingShards),
    CURSOR_SECRET_ARN: signingSecretArn,
    ...(touches.search && searchUrl !== undefined ? { OPENSEARCH_URL: searchUrl } : {}),
    ...edgeVariables(stage),
    METRICS_NAMESPACE: `Tintype/${stage.name}`,
    LOG_LEVEL: stage.logLevel,
  };
}

function queueUrl({ region }: Stage, name: string): string {
  return `https://sqs.${region}.${Aws.URL_SUFFIX}/${Aws.ACCOUNT_ID}/${name}`;
}

function edgeVariables({ edge }: Stage): Record<string, string> {
  if (!edge?.signing) return {};
  const { url, keyPairId, privateKeyArn, distributionId } = edge.signing;
  return {
    CDN_URL: url,
    CDN_KEY_PAIR_ID: keyPairId,
    CDN_PRIVATE_KEY_ARN: privateKeyArn,
    ...(distributionId === undefined ? {} : { CDN_DISTRIBUTION_ID: distributionId }),
    ...(edge.renderUrl === undefined ? {} : { CDN_RENDERS: 'true' }),
  };
}

/**
 * One role a function: what one may do, no other can by way of it. CDK adds nothing to it, as it would for
 * queues and tracing: the permissions page says all.
 */
function makeRole(
  stack: Stack,
  id: string,
  row: FunctionRow,
  names: Names,
  stage: Stage,
  { signingSecretArn }: FunctionEnvironment,
): IRole {
  const { tracing, search } = stage;
  const named = arnsNamedBy(stack, stage);
  const arns = { ...arnsOf(stack, row, names, signingSecretArn), ...named };
  const absent = new Set<Resource>([
    ...(tracing ? [] : (['traces'] as const)),
    ...NAMED_BY_STAGE.filter((resource) => named[resource] === ''),
  ]);
  const permissions = permissionsOf(row, queueFeeding(row)).filter(
    ({ resource, actions }) => !absent.has(resource) && (search || !isForSearch(resource, actions)),
  );
  const statements = permissions.map(
    ({ actions, resource }) =>
      new PolicyStatement({ sid: pascalCase(resource), actions: [...actions], resources: [arns[resource]] }),
  );
  const role = new Role(stack, `${id}Role`, {
    roleName: `${names.functionNamed(row.name)}`,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { [row.name]: new PolicyDocument({ statements }) },
  });
  for (const { resource } of permissions) {
    const reason = WILDCARDS[resource];
    if (reason !== undefined) acknowledge(role, { [wildcardOn(arns[resource])]: reason });
  }
  return role.withoutPolicyUpdates();
}

/** Several records are read of those that were found. */
function isForSearch(resource: Resource, actions: readonly string[]): boolean {
  return resource.startsWith('search-') || actions.every((action) => action === 'dynamodb:BatchGetItem');
}

const NAMED_BY_STAGE = ['edgeKey', 'distribution', 'introspection'] as const;

/** What a stage names of what others have made; empty where it names none. */
function arnsNamedBy(stack: Stack, { edge, auth }: Stage): Record<(typeof NAMED_BY_STAGE)[number], string> {
  const { privateKeyArn = '', distributionId } = edge?.signing ?? {};
  const resource = { service: 'cloudfront', region: '', resource: 'distribution' };
  return {
    edgeKey: privateKeyArn,
    distribution:
      distributionId === undefined ? '' : Arn.format({ ...resource, resourceName: distributionId }, stack),
    introspection: (typeof auth === 'object' && auth.introspection?.secretArn) || '',
  };
}

/** The ARN of each thing, each of them named. */
function arnsOf(
  stack: Stack,
  row: FunctionRow,
  names: Names,
  signing: string,
): Record<Exclude<Resource, (typeof NAMED_BY_STAGE)[number]>, string> {
  const table = (name: string) =>
    Arn.format({ service: 'dynamodb', resource: 'table', resourceName: name }, stack);
  const listings = table(names.tables.listings);
  const audit = table(names.tables.audit);
  const bucket = Arn.format({ service: 's3', region: '', account: '', resource: names.bucket }, stack);
  const queue = (resource: string) => Arn.format({ service: 'sqs', resource }, stack);
  const onSearch = (path: string) =>
    Arn.format({ service: 'es', resource: 'domain', resourceName: `${names.search}/${path}` }, stack);
  return {
    images: table(names.tables.images),
    listings,
    everyone: `${listings}/index/${EVERYONE_INDEX}`,
    ledger: table(names.tables.ledger),
    audit,
    'audit-everyone': `${audit}/index/${EVERYONE_INDEX}`,
    bucket,
    objects: `${bucket}/*`,
    uploads: `${bucket}/${UPLOADS_PREFIX}*`,
    jobs: queue(names.queues.jobs.queue),
    'announce-event': queue(names.queues['announce-event'].queue),
    'process-image': queue(names.queues['process-image'].queue),
    'withdraw-image': queue(names.queues['withdraw-image'].queue),
    'erase-images': queue(names.queues['erase-images'].queue),
    'sync-search': queue(names.queues['sync-search'].queue),
    'images-stream': `${table(names.tables.images)}/stream/*`,
    'lost-changes': queue(names.lostChanges),
    'search-find': onSearch(`${SEARCH_INDEX}/_search`),
    'search-write': onSearch(`${SEARCH_INDEX}/_bulk`),
    'search-make': onSearch(searchIndexBehind(SEARCH_INDEX)),
    arrivals: queue(names.queues.uploads.queue),
    signing,
    log: Arn.format(
      {
        service: 'logs',
        resource: 'log-group',
        resourceName: `/aws/lambda/${names.functionNamed(row.name)}:*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      },
      stack,
    ),
    traces: '*',
  };
}

/** `upload-image` to `UploadImage`: CloudFormation's ids have no hyphens. */
export function pascalCase(name: string): string {
  return name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function optional<Name extends string>(name: Name, value: number | undefined): { [Key in Name]?: number } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]: number });
}
