import { describe, expect, test } from 'vitest';
import { MEDIA_TYPES } from '../../service/src/domain/media-type.ts';
import { OPERATIONS } from '../../service/src/operations/manifest.ts';
import { type Resource, Synthesized, sorted } from './support/templates.ts';
import { VARIANTS } from './support/variants.ts';

const METHOD = 'AWS::ApiGateway::Method';

interface Setting {
  readonly HttpMethod: string;
  readonly ResourcePath: string;
  readonly ThrottlingRateLimit?: number;
  readonly ThrottlingBurstLimit?: number;
}

/** The path of a method, put together from its resources. */
function pathOf(made: Synthesized, { Properties }: Resource): string {
  const parts: string[] = [];
  let id = (Properties['ResourceId'] as { readonly Ref?: string }).Ref;
  while (id !== undefined) {
    const resource = made.template('service').Resources[id];
    if (resource?.Type !== 'AWS::ApiGateway::Resource') throw new Error(`${id} is no part of a path.`);
    parts.unshift(String(resource.Properties['PathPart']));
    id = (resource.Properties['ParentId'] as { readonly Ref?: string }).Ref;
  }
  return `/${parts.join('/')}`;
}

/** Every path of every operation. */
const ROUTES = OPERATIONS.flatMap((operation) =>
  [operation.path, ...operation.aliases].map((path) => ({
    ...operation,
    path,
    route: `${operation.method} ${path}`,
  })),
);

function methodsOf(made: Synthesized): Map<string, Resource> {
  const methods = made.resources('service', METHOD);
  const byRoute = new Map(
    methods.map((each) => [`${each.Properties['HttpMethod']} ${pathOf(made, each)}`, each]),
  );
  expect(byRoute.size).toBe(methods.length);
  return byRoute;
}

function methodAt(made: Synthesized, route: string): Readonly<Record<string, unknown>> {
  const method = methodsOf(made).get(route);
  if (!method) throw new Error(`There is no method ${route}.`);
  return method.Properties;
}

describe.each(VARIANTS)('the API of %s', (variant) => {
  const made = new Synthesized(variant);
  const { stage } = made;

  test('is regional, takes images and forms as bytes, and JSON as text', () => {
    expect(made.only('service', 'AWS::ApiGateway::RestApi').Properties).toMatchObject({
      Name: `tintype-${stage.name}`,
      EndpointConfiguration: { Types: ['REGIONAL'] },
      BinaryMediaTypes: ['image/*', 'multipart/form-data', 'application/octet-stream'],
    });
  });

  test('has one method for each path of each operation, and OPTIONS where pages may call', () => {
    const methods = [...methodsOf(made).keys()];
    const ours = methods.filter((route) => !route.startsWith('OPTIONS '));
    expect(sorted(ours)).toEqual(sorted(ROUTES.map(({ route }) => route)));
    const asked = methods
      .filter((route) => route.startsWith('OPTIONS '))
      .map((route) => route.split(' ')[1] ?? '');
    if (stage.corsOrigins.length === 0) expect(asked).toEqual([]);
    else for (const { path } of ROUTES) expect(asked).toContain(path);
  });

  test.each(ROUTES)(
    'has the live function of its operation behind $route, and its validator before',
    (row) => {
      const method = methodAt(made, row.route);
      const validator = made.only('service', 'AWS::ApiGateway::RequestValidator');
      expect(validator.Properties).toMatchObject({
        ValidateRequestBody: true,
        ValidateRequestParameters: true,
      });
      expect(method).toMatchObject({
        OperationName: row.name,
        RequestValidatorId: { Ref: validator.id },
        Integration: { Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST' },
      });
      const functionName = `tintype-${stage.name}-${row.name}`;
      const code = made.only(
        'service',
        'AWS::Lambda::Function',
        ({ FunctionName }) => FunctionName === functionName,
      );
      const alias = made.only(
        'service',
        'AWS::Lambda::Alias',
        ({ FunctionName }) => (FunctionName as { readonly Ref: string }).Ref === code.id,
      );
      const { Uri } = method['Integration'] as { readonly Uri: unknown };
      expect(made.text('service', Uri)).toContain(`functions/{${alias.id}}/invocations`);
      const [, path = ''] = row.route.split(' ');
      const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [
        `method.request.path.${name}`,
        true,
      ]);
      expect(method['RequestParameters'] ?? {}).toEqual(Object.fromEntries(parameters));
    },
  );

  test.each(ROUTES)("asks for a token with its scope before $route, where there are Cognito's", (row) => {
    const { AuthorizationType, AuthorizerId, AuthorizationScopes, ApiKeyRequired } = methodAt(
      made,
      row.route,
    );
    if (stage.auth !== 'cognito' || row.scope === 'open') {
      expect([AuthorizationType, AuthorizerId, AuthorizationScopes]).toEqual(['NONE', undefined, undefined]);
      return;
    }
    expect(AuthorizationType).toBe('COGNITO_USER_POOLS');
    expect(AuthorizerId).toEqual({ Ref: made.only('service', 'AWS::ApiGateway::Authorizer').id });
    expect(AuthorizationScopes).toEqual([`tintype/${row.scope}`, 'tintype/images:admin']);
    expect(ApiKeyRequired ?? false).toBe(false);
  });
});

test('the operations that ask for no token are known by name', () => {
  expect(OPERATIONS.filter(({ scope }) => scope === 'open').map(({ name }) => name)).toEqual(['open-link']);
});

describe.each(VARIANTS)('around its routes the API of %s', (variant) => {
  const made = new Synthesized(variant);
  const { stage } = made;
  const deployed = made.only('service', 'AWS::ApiGateway::Stage');

  test('answers what browsers ask beforehand without a token, for the origins that are set', () => {
    for (const [route, { Properties }] of methodsOf(made)) {
      if (!route.startsWith('OPTIONS ')) continue;
      expect(Properties).toMatchObject({ AuthorizationType: 'NONE', Integration: { Type: 'MOCK' } });
      for (const origin of stage.corsOrigins) expect(JSON.stringify(Properties)).toContain(origin);
    }
  });

  test('slows callers down: all routes, and those that the stage names', () => {
    const settings = deployed.Properties['MethodSettings'] as readonly Setting[];
    const found = settings.map(({ HttpMethod, ResourcePath, ThrottlingRateLimit, ThrottlingBurstLimit }) => [
      `${HttpMethod} ${ResourcePath.slice(1).replaceAll('~1', '/')}`,
      { rate: ThrottlingRateLimit, burst: ThrottlingBurstLimit },
    ]);
    const named = ROUTES.flatMap(({ name, route }) => {
      const throttle = stage.routeThrottle[name];
      return throttle ? [[route, throttle] as const] : [];
    });
    expect(Object.fromEntries(found)).toEqual({ '* *': stage.throttle, ...Object.fromEntries(named) });
    expect(made.only('service', 'AWS::ApiGateway::UsagePlan').Properties).toMatchObject({
      Throttle: { RateLimit: stage.throttle.rate, BurstLimit: stage.throttle.burst },
      ApiStages: [{ Stage: { Ref: deployed.id } }],
    });
  });

  test('logs a line of JSON a request, which has no query string, and no more of it', () => {
    const { Format, DestinationArn } = deployed.Properties['AccessLogSetting'] as Readonly<
      Record<string, unknown>
    >;
    const log = made.only(
      'service',
      'AWS::Logs::LogGroup',
      ({ LogGroupName }) => LogGroupName === `/tintype/${stage.name}/api`,
    );
    expect(DestinationArn).toEqual({ 'Fn::GetAtt': [log.id, 'Arn'] });
    expect(log.Properties['RetentionInDays']).toBe(stage.logDays);
    const line = JSON.parse(String(Format)) as Readonly<Record<string, string>>;
    expect(line).toMatchObject({
      request_id: '$context.requestId',
      route: '$context.resourcePath',
      status: '$context.status',
    });
    for (const value of Object.values(line)) expect(value).toMatch(/^\$context\.[\w.]+$/);
    // The path with its values, and what holds the query.
    expect(String(Format)).not.toMatch(/context\.path\b|query|requestOverride|header|authorizer/i);
    for (const setting of deployed.Properties['MethodSettings'] as readonly object[]) {
      expect(setting).toMatchObject({ DataTraceEnabled: false });
    }
  });

  test('stands behind a firewall, and is traced where the stage says so', () => {
    const wall = made.only('service', 'AWS::WAFv2::WebACL');
    const { ResourceArn, WebACLArn } = made.only('service', 'AWS::WAFv2::WebACLAssociation').Properties;
    expect(wall.Properties['Scope']).toBe('REGIONAL');
    expect(WebACLArn).toEqual({ 'Fn::GetAtt': [wall.id, 'Arn'] });
    expect(made.text('service', ResourceArn)).toMatch(new RegExp(`/stages/\\{${deployed.id}\\}$`));
    expect(deployed.Properties['TracingEnabled']).toBe(stage.tracing);
  });

  test('is deployed with all that it is made of, and may write logs', () => {
    const deployment = made.only('service', 'AWS::ApiGateway::Deployment');
    expect(deployed.Properties['DeploymentId']).toEqual({ Ref: deployment.id });
    expect(made.resources('service', 'AWS::ApiGateway::Account')).toHaveLength(1);
  });
});

describe('the bodies that the gateway lets through', () => {
  const made = new Synthesized('prod');
  const models = made.resources('service', 'AWS::ApiGateway::Model');
  const schemaFor = (route: string) => {
    const { RequestModels } = methodAt(made, route) as {
      readonly RequestModels?: Readonly<Record<string, { readonly Ref: string }>>;
    };
    const { Ref } = RequestModels?.['application/json'] ?? {};
    return models.find(({ id }) => id === Ref)?.Properties['Schema'];
  };
  const nullable = { type: ['string', 'null'] };
  const tags = { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'string' }] };

  test.each(['POST /images/upload', 'POST /images'])('of %s hold an image', (route) => {
    expect(schemaFor(route)).toEqual({
      $schema: 'http://json-schema.org/draft-04/schema#',
      type: 'object',
      required: ['image_data'],
      additionalProperties: false,
      properties: {
        user_id: { type: 'string' },
        image_data: { type: 'string' },
        checksum_sha256: { type: 'string' },
        idempotency_key: { type: 'string' },
        filename: nullable,
        title: nullable,
        description: nullable,
        tags,
      },
    });
  });

  test('of POST /images/uploads announce an image, and hold none', () => {
    const schema = schemaFor('POST /images/uploads');
    expect(schema).toMatchObject({
      type: 'object',
      required: ['content_type', 'size_bytes'],
      additionalProperties: false,
      properties: {
        user_id: { type: 'string' },
        content_type: { type: 'string', enum: MEDIA_TYPES },
        size_bytes: { type: 'integer' },
        checksum_sha256: { type: 'string' },
        method: { type: 'string', enum: ['post', 'put', 'parts'] },
        idempotency_key: { type: 'string' },
        filename: nullable,
        title: nullable,
        description: nullable,
        tags,
      },
    });
    expect(schema).not.toHaveProperty('properties.image_data');
  });

  test('of POST /images/{image_id}/links say how long the link lives', () => {
    expect(schemaFor('POST /images/{image_id}/links')).toEqual({
      $schema: 'http://json-schema.org/draft-04/schema#',
      type: 'object',
      additionalProperties: false,
      properties: { expires_in_seconds: { type: 'integer' }, idempotency_key: { type: 'string' } },
    });
  });

  test('of PATCH /images/{image_id} change title, description and tags', () => {
    expect(schemaFor('PATCH /images/{image_id}')).toEqual({
      $schema: 'http://json-schema.org/draft-04/schema#',
      type: 'object',
      additionalProperties: false,
      properties: { title: nullable, description: nullable, tags },
    });
  });

  test('of POST /images/bulk-delete name images', () => {
    expect(schemaFor('POST /images/bulk-delete')).toEqual({
      $schema: 'http://json-schema.org/draft-04/schema#',
      type: 'object',
      required: ['image_ids'],
      additionalProperties: false,
      properties: {
        image_ids: { type: 'array', items: { type: 'string' } },
        permanent: { type: 'boolean' },
      },
    });
  });

  test('of other operations have no model, and no model is without an operation', () => {
    const withModel = ROUTES.filter(({ route }) => schemaFor(route) !== undefined).map(({ route }) => route);
    expect(withModel).toEqual([
      'POST /images/upload',
      'POST /images',
      'POST /images/uploads',
      'PATCH /images/{image_id}',
      'POST /images/{image_id}/links',
      'POST /images/bulk-delete',
      'POST /webhooks',
    ]);
    expect(models).toHaveLength(6);
  });
});
