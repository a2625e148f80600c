import { describe, expect, test } from 'vitest';
import { type Config, readConfig } from '../../service/src/config/config.ts';
import type { OperationName } from '../../service/src/operations/manifest.ts';
import { functionsOf } from '../src/rows.ts';
import { aliasOf, functionOf, isRef, namedOf, refTo } from './support/functions.ts';
import { type Resource, Synthesized, sorted } from './support/templates.ts';
import { VARIANTS } from './support/variants.ts';

/** The alarms on a function's live alias, by what they measure. */
function alarmsOf(made: Synthesized, name: string): Map<unknown, Resource> {
  const live = { Name: 'Resource', Value: `${namedOf(made, name)}:live` };
  const alarms = made
    .resources('watch', 'AWS::CloudWatch::Alarm')
    .filter(({ Properties }) =>
      JSON.stringify(Properties['Dimensions'] ?? []).includes(JSON.stringify(live)),
    );
  return new Map(alarms.map((alarm) => [alarm.Properties['MetricName'], alarm]));
}
describe.each(VARIANTS)('the functions of %s', (variant) => {
  const made = new Synthesized(variant);

  test('are those of the manifest', () => {
    const names = made
      .resources('service', 'AWS::Lambda::Function')
      .map(({ Properties }) => String(Properties['FunctionName']));
    expect(sorted(names)).toEqual(sorted(functionsOf(made.stage).map(({ name }) => namedOf(made, name))));
  });

  test.each(functionsOf(made.stage))(
    'have $name on Node 24 and arm64, with the memory and the time of the manifest',
    (row) => {
      expect(functionOf(made, row.name).Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        MemorySize: row.memory_mb,
        Timeout: row.timeout_seconds,
      });
    },
  );

  test.each(functionsOf(made.stage))(
    'trace $name where the stage says so, and limit and warm it as the stage says',
    ({ name }) => {
      const { tracing, reservedConcurrency, provisionedConcurrency } = made.stage;
      const { Properties } = functionOf(made, name);
      expect(Properties['TracingConfig']).toEqual(tracing ? { Mode: 'Active' } : undefined);
      expect(Properties['ReservedConcurrentExecutions']).toBe(reservedConcurrency[name as OperationName]);
      const warm = provisionedConcurrency[name as OperationName];
      expect(aliasOf(made, name).Properties['ProvisionedConcurrencyConfig']).toEqual(
        warm === undefined ? undefined : { ProvisionedConcurrentExecutions: warm },
      );
    },
  );
});

describe.each(VARIANTS)('what the functions of %s are told, and what they log:', (variant) => {
  const made = new Synthesized(variant);

  test.each(functionsOf(made.stage))('tell $name where everything is, and no secret', ({ name }) => {
    const { Environment } = functionOf(made, name).Properties as {
      readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
    };
    const variables = Object.fromEntries(
      Object.entries(Environment.Variables).map(([key, value]) => [key, made.text('service', value)]),
    );
    const prefix = `tintype-${made.stage.name}`;
    const { region } = made.stage;
    expect(variables).toMatchObject({
      STORAGE: 'aws',
      IMAGES_BUCKET: `${prefix}-images-{account}-${region}`,
      IMAGES_TABLE: `${prefix}-images`,
      LISTINGS_TABLE: `${prefix}-listings`,
      LEDGER_TABLE: `${prefix}-ledger`,
      AUDIT_TABLE: `${prefix}-audit`,
      JOBS_QUEUE_URL: `https://sqs.${region}.{suffix}/{account}/${prefix}-jobs`,
      CURSOR_SECRET_ARN: `arn:{partition}:secretsmanager:${region}:{account}:secret:${prefix}-signing-{suffix}`,
      JOB_QUEUES: 'by-kind',
      METRICS_NAMESPACE: `Tintype/${made.stage.name}`,
      LOG_LEVEL: made.stage.logLevel,
    });
    const { CDN_URL, CDN_KEY_PAIR_ID, CDN_PRIVATE_KEY_ARN, CDN_DISTRIBUTION_ID } = variables;
    const signing = {
      url: CDN_URL,
      keyPairId: CDN_KEY_PAIR_ID,
      privateKeyArn: CDN_PRIVATE_KEY_ARN,
      distributionId: CDN_DISTRIBUTION_ID,
    };
    expect(signing).toEqual(made.stage.edge?.signing ?? {});
    // Callers are sent to what is not there only where the edge has it made.
    const { edge } = made.stage;
    const renders = edge?.signing !== undefined && edge.renderUrl !== undefined;
    expect(variables['CDN_RENDERS']).toBe(renders ? 'true' : undefined);
    expect(Object.keys(variables).filter((key) => /SECRET$|PRIVATE_KEY$|PASSWORD|TOKEN/.test(key))).toEqual(
      [],
    );
  });

  test('tell each what is made and kept of images, how long it is known who changed them, who is told, and who scans them, as the stage says', () => {
    const { malwareScan, renditionFormat, keepGps, stripGps, keepVersions, trashDays, auditDays, webhooks } =
      made.stage;
    for (const { name } of functionsOf(made.stage)) {
      const { Environment } = functionOf(made, name).Properties as {
        readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
      };
      const variables = Object.fromEntries(
        Object.entries(Environment.Variables).map(([key, value]) => {
          const text = made.text('service', value);
          // What only a deployment knows.
          const known = { '{suffix}': 'amazonaws.com', '{account}': '123456789012', '{partition}': 'aws' };
          return [key, Object.entries(known).reduce((all, [part, by]) => all.replaceAll(part, by), text)];
        }),
      );
      const config = readConfig({ ...variables, PUBLIC_URL: 'https://images.example.com' });
      expect(issuerOf(config)).toEqual(expectedIssuer(made));
      expect([config.localOnly, config.corsOrigins]).toEqual([false, made.stage.corsOrigins]);
      expect(config.scanner).toEqual({ kind: malwareScan ? 'guardduty' : 'none' });
      expect(config.processing).toEqual({
        presetFormat: renditionFormat,
        keepGps,
        stripGps,
        keepVersions,
        trashDays,
      });
      expect(config.auditDays).toBe(auditDays);
      expect(config.webhooks).toBe(webhooks ? 'on' : 'off');
      expect(config.storage).toMatchObject({ queuePerKind: true });
    }
  });

  test.each(functionsOf(made.stage))('keep what $name logs for as long as the stage says', ({ name }) => {
    const { LoggingConfig } = functionOf(made, name).Properties;
    const log = made.only(
      'watch',
      'AWS::Logs::LogGroup',
      ({ LogGroupName }) => LogGroupName === `/aws/lambda/${namedOf(made, name)}`,
    );
    expect(LoggingConfig).toEqual({ LogGroup: log.Properties['LogGroupName'] });
    expect(log.Properties['RetentionInDays']).toBe(made.stage.logDays);
  });
});

describe.each(VARIANTS)('the functions of %s when they change or fail', (variant) => {
  const made = new Synthesized(variant);
  const topic = made.only('watch', 'AWS::SNS::Topic');

  test.each(functionsOf(made.stage))(
    'have an alarm on errors, throttles and duration of $name, told to the topic',
    (row) => {
      const alarms = alarmsOf(made, row.name);
      expect([...alarms.keys()]).toEqual(expect.arrayContaining(['Errors', 'Throttles', 'Duration']));
      for (const { Properties } of alarms.values()) {
        expect(Properties).toMatchObject({
          Namespace: 'AWS/Lambda',
          ComparisonOperator: 'GreaterThanThreshold',
          AlarmActions: [refTo(topic)],
        });
        expect(Properties['ActionsEnabled']).not.toBe(false);
      }
      expect(alarms.get('Errors')?.Properties).toMatchObject({ Threshold: 0, Statistic: 'Sum' });
      expect(alarms.get('Throttles')?.Properties).toMatchObject({ Threshold: 0, Statistic: 'Sum' });
      expect(alarms.get('Duration')?.Properties).toMatchObject({
        ExtendedStatistic: 'p99',
        Threshold: row.timeout_seconds * 800,
      });
    },
  );

  test.each(functionsOf(made.stage))(
    'roll $name out by its alias live, and back when one of its alarms goes off',
    ({ name }) => {
      const alias = aliasOf(made, name);
      expect(alias.Properties['Name']).toBe('live');
      const group = made.only(
        'service',
        'AWS::CodeDeploy::DeploymentGroup',
        ({ DeploymentGroupName }) => DeploymentGroupName === namedOf(made, name),
      );
      const application = made.only('service', 'AWS::CodeDeploy::Application');
      expect(alias.UpdatePolicy).toEqual({
        CodeDeployLambdaAliasUpdate: {
          ApplicationName: refTo(application),
          DeploymentGroupName: refTo(group),
        },
      });
      const alarms = alarmsOf(made, name);
      const stopping = ['Errors', 'Throttles'].map((metric) => ({
        Name: alarms.get(metric)?.Properties['AlarmName'],
      }));
      expect(group.Properties).toMatchObject({
        ApplicationName: refTo(application),
        AlarmConfiguration: { Enabled: true, Alarms: stopping },
        AutoRollbackConfiguration: { Enabled: true },
        DeploymentConfigName: made.stage.canary
          ? 'CodeDeployDefault.LambdaCanary10Percent5Minutes'
          : 'CodeDeployDefault.LambdaAllAtOnce',
      });
      const { Events } = group.Properties['AutoRollbackConfiguration'] as {
        readonly Events: readonly string[];
      };
      expect(Events).toContain('DEPLOYMENT_STOP_ON_ALARM');
    },
  );

  test.each(functionsOf(made.stage))(
    'keep the versions of $name, so that there is one to go back to',
    ({ name }) => {
      const { id } = functionOf(made, name);
      const version = made.only('service', 'AWS::Lambda::Version', ({ FunctionName }) =>
        isRef(FunctionName, id),
      );
      expect(version).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    },
  );
});

/** Whose tokens a function verifies; undefined: nobody is asked. */
function issuerOf({ auth }: Config) {
  if (auth.kind === 'none') return undefined;
  const { issuer, audience, scopePrefix, keys, introspection, stepUp } = auth;
  const jwksUrl = keys.kind === 'jwks' ? keys.url.href : keys.kind;
  return { issuer, audience, scopePrefix, jwksUrl, introspection, stepUp };
}

function expectedIssuer(made: Synthesized) {
  const { auth, region, stepUp: wanted } = made.stage;
  if (auth === 'none') return undefined;
  const stepUp = wanted && { acr_values: wanted.acrValues, max_age: wanted.maxAgeSeconds };
  if (auth !== 'cognito') {
    const { issuer, audience, jwksUrl, scopePrefix = '', introspection: asked } = auth;
    const introspection = asked && {
      url: new URL(asked.url),
      clientId: asked.clientId,
      secret: { kind: 'arn', value: asked.secretArn },
    };
    return { issuer, audience, jwksUrl, scopePrefix, introspection, stepUp };
  }
  const pool = encodeURI(`{${made.only('service', 'AWS::Cognito::UserPool').id}}`);
  const client = `{${made.only('service', 'AWS::Cognito::UserPoolClient').id}}`;
  const issuer = `https://cognito-idp.${region}.amazonaws.com/`;
  return {
    issuer: `${issuer}${decodeURI(pool)}`,
    audience: client,
    scopePrefix: 'tintype/',
    jwksUrl: `${issuer}${pool}/.well-known/jwks.json`,
    stepUp,
  };
}
