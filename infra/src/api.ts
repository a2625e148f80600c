import { RemovalPolicy, type Stack } from 'aws-cdk-lib';
import {
  AccessLogField,
  AccessLogFormat,
  EndpointType,
  type IAuthorizer,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  type MethodOptions,
  type Model,
  RequestValidator,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { openApiDocument } from '../../service/src/http/openapi.ts';
import { type FunctionName, OPERATIONS, type Operation } from '../../service/src/operations/manifest.ts';
import { acknowledge } from './acknowledge.ts';
import { gatewayScope } from './auth.ts';
import { type DeployedFunction, pascalCase } from './functions.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import { jsonBodySchema } from './models.ts';
import { namesOf } from './names.ts';
import type { Stage, Throttle } from './stages.ts';

/** What comes as bytes; everything else, JSON above all, is text, whose shape the gateway can check. */
const BINARY = ['image/*', 'multipart/form-data', 'application/octet-stream'];

/** The API without its routes: they need functions, which need its URL. */
export function makeApi(stack: Stack, stage: Stage): RestApi {
  const log = new LogGroup(stack, 'ApiLog', {
    logGroupName: `/tintype/${stage.name}/api`,
    retention: stage.logDays as RetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const api = new RestApi(stack, 'Api', {
    restApiName: namesOf(stage).api,
    description: `Tintype ${stage.name}: images over HTTP`,
    endpointTypes: [EndpointType.REGIONAL],
    binaryMediaTypes: BINARY,
    cloudWatchRole: true,
    // One for all APIs of the account in this region: others may use it by then.
    cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN,
    deployOptions: {
      stageName: stage.name,
      metricsEnabled: true,
      tracingEnabled: stage.tracing,
      loggingLevel: MethodLoggingLevel.ERROR,
      accessLogDestination: new LogGroupLogDestination(log),
      accessLogFormat: ACCESS_LOG,
      ...throttling(stage.throttle),
      methodOptions: routeThrottles(stage),
    },
    ...(stage.corsOrigins.length === 0 ? {} : { defaultCorsPreflightOptions: preflight(stage.corsOrigins) }),
  });
  acknowledge(api, {
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
      "AWS's own policy for this one use; API Gateway takes no narrower role.",
  });
  addGatewayResponses(api, stage.corsOrigins);
  return api;
}

/** A method for each path of each operation, and what the gateway refuses on its own. */
export function addRoutes(
  api: RestApi,
  functions: ReadonlyMap<FunctionName, DeployedFunction>,
  authorizer: IAuthorizer | undefined,
): void {
  const validator = new RequestValidator(api, 'Validator', {
    restApi: api,
    requestValidatorName: 'body-and-parameters',
    validateRequestBody: true,
    validateRequestParameters: true,
  });
  if (!authorizer) acknowledge(api, OPEN_TO_ALL);
  const document = openApiDocument('https://images.example.com');
  for (const operation of OPERATIONS) {
    const deployed = functions.get(operation.name);
    if (!deployed) throw new Error(`${operation.name} has no function.`);
    const integration = new LambdaIntegration(deployed.live, { allowTestInvoke: false });
    const model = modelOf(api, operation, document);
    const options: MethodOptions = {
      operationName: operation.name,
      requestValidator: validator,
      ...(model ? { requestModels: { 'application/json': model } } : {}),
      ...authorizationOf(operation, authorizer),
    };
    for (const path of [operation.path, ...operation.aliases]) {
      const requestParameters = parametersOf(path);
      const method = api.root
        .resourceForPath(path)
        .addMethod(operation.method, integration, { ...options, requestParameters });
      if (authorizer && operation.scope === 'open') acknowledge(method, OPEN_BY_DESIGN);
    }
  }
}

/** What asks for a token with the operation's scope, where the stage has one ask, and the operation is not open. */
function authorizationOf(
  { scope }: Operation,
  authorizer: IAuthorizer | undefined,
): Pick<MethodOptions, 'authorizer' | 'authorizationScopes'> {
  if (!authorizer || scope === 'open') return {};
  return { authorizer, authorizationScopes: [scope, 'images:admin'].map(gatewayScope) };
}

/** What a path has in braces, all of which there must be. */
function parametersOf(path: string): Record<string, true> {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  return Object.fromEntries(names.map((name) => [`method.request.path.${name}`, true]));
}

const OPEN_TO_ALL = {
  'AwsSolutions-APIG4': "This stage's setting `auth: 'none'` leaves it to the functions who may call.",
  'AwsSolutions-COG4': "This stage's setting `auth: 'none'` leaves it to the functions who may call.",
};

const OPEN_BY_DESIGN = {
  'AwsSolutions-APIG4':
    'Whoever has a share link may see its image, and has no token: its id is what lets them in.',
  'AwsSolutions-COG4':
    'Whoever has a share link may see its image, and has no token: its id is what lets them in.',
};

/** What an operation's JSON body looks like, from the schema that its function checks in full. */
function modelOf(api: RestApi, operation: Operation, document: object): Model | undefined {
  const schema = jsonBodySchema(document, operation);
  if (!schema) return undefined;
  return api.addModel(`${pascalCase(operation.name)}Body`, { contentType: 'application/json', schema });
}

function throttling({ rate, burst }: Throttle) {
  return { throttlingRateLimit: rate, throttlingBurstLimit: burst };
}

function routeThrottles({ routeThrottle }: Stage) {
  return Object.fromEntries(
    OPERATIONS.flatMap(({ name, method, path, aliases }) => {
      const throttle = routeThrottle[name];
      return throttle ? [path, ...aliases].map((each) => [`${each}/${method}`, throttling(throttle)]) : [];
    }),
  );
}

function preflight(origins: readonly string[]) {
  return {
    allowOrigins: [...origins],
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    allowHeaders: [
      'Authorization',
      'Content-Digest',
      'Content-Type',
      'If-Match',
      'Idempotency-Key',
      'X-Request-Id',
    ],
    exposeHeaders: ['ETag', 'Idempotency-Replayed', 'Location', 'Retry-After', 'X-Request-Id'],
  };
}

/** One line of JSON a request. Paths hold ids, and no query strings: those can hold what is private. */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    request_id: AccessLogField.contextRequestId(),
    time: AccessLogField.contextRequestTime(),
    address: AccessLogField.contextIdentitySourceIp(),
    method: AccessLogField.contextHttpMethod(),
    route: AccessLogField.contextResourcePath(),
    status: AccessLogField.contextStatus(),
    milliseconds: AccessLogField.contextResponseLatency(),
    bytes_out: AccessLogField.contextResponseLength(),
    refused_because: AccessLogField.contextErrorMessage(),
    function_error: AccessLogField.contextIntegrationErrorMessage(),
    wall: AccessLogField.contextWafResponseCode(),
  }),
);
