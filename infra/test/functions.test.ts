import { describe, expect, test } from 'vitest';
import { type Config, readConfig } from '../../service/src/config/config.ts';
import { RENDERER_DEFAULTS } from '../../service/src/drivers/sharp/sharp-renderer.ts';
import { BACKGROUND, type OperationName } from '../../service/src/operations/manifest.ts';
import type { BackgroundRow } from '../../service/src/operations/manifest-rows.ts';
import { functionsOf } from '../src/rows.ts';
import { queueNamed, type Resource, Synthesized, sorted } from './support/templates.ts';
import { VARIANTS } from './support/variants.ts';

const FUNCTION = 'AWS::Lambda::Function';

const refTo = ({ id }: Resource) => ({ Ref: id });
const namedOf = (made: Synthesized, name: string) => `tintype-${made.stage.name}-${name}`;

function functionOf(made: Synthesized, name: string): Resource {
  return made.only('service', FUNCTION, ({ FunctionName }) => FunctionName === namedOf(made, name));
}

function aliasOf(made: Synthesized, name: string): Resource {
  const { id } = functionOf(made, name);
  return made.only('service', 'AWS::Lambda::Alias', ({ FunctionName }) => isRef(FunctionName, id));
}

const isRef = (value: unknown, id: string) => JSON.stringify(value) === JSON.stringify({ Ref: id });

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
      .resources('service', FUNCTION)
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

const EVERY: Readonly<Record<number, string>> = { 1: 'rate(1 minute)', 60: 'rate(1 hour)' };

describe.each(VARIANTS)('what calls the functions of %s: they', (variant) => {
  const made = new Synthesized(variant);

  const clocked = BACKGROUND.flatMap((row: BackgroundRow) =>
    'every_minutes' in row.trigger ? [{ name: row.name, minutes: row.trigger.every_minutes }] : [],
  );
  const clockOf = (name: string) =>
    made.only('service', 'AWS::Events::Rule', ({ Name }) => Name === namedOf(made, name));

  const permissions = made.resources('service', 'AWS::Lambda::Permission');
  const by = (principal: string) =>
    permissions.filter(({ Properties }) => Properties['Principal'] === principal);

  test('are reached by this API alone, or its own clock, or CloudFront, and only at the alias', () => {
    const api = made.only('service', 'AWS::ApiGateway::RestApi');
    const aliases = new Set(made.resources('service', 'AWS::Lambda::Alias').map(({ id }) => id));
    for (const { Properties } of permissions) {
      expect(aliases.has((Properties['FunctionName'] as { readonly Ref: string }).Ref)).toBe(true);
    }
    const [byApi, byClock] = [by('apigateway.amazonaws.com'), by('events.amazonaws.com')];
    for (const { Properties } of [...byApi, ...byClock]) {
      expect(Properties['Action']).toBe('lambda:InvokeFunction');
    }
    expect(byApi.length).toBeGreaterThan(0);
    expect(byApi.length + byClock.length + by('cloudfront.amazonaws.com').length).toBe(permissions.length);
    for (const { Properties } of byApi) {
      expect(made.text('service', Properties['SourceArn'])).toMatch(`{account}:{${api.id}}/`);
    }
    const started = byClock.map(({ Properties }) => ({
      to: Properties['FunctionName'],
      from: made.text('service', Properties['SourceArn']),
    }));
    expect(started).toEqual(
      clocked.map(({ name }) => ({ to: refTo(aliasOf(made, name)), from: `{${clockOf(name).id}.Arn}` })),
    );
  });

  test('have no URL, but the one that CloudFront calls where there is an edge, and only with a signature', () => {
    const urls = made.resources('service', 'AWS::Lambda::Url').map(({ Properties }) => Properties);
    const outputs = Object.entries(made.template('service').Outputs ?? {});
    const output = outputs.find(([name]) => name === 'RenderUrl')?.[1].Value;
    if (made.stage.edge === undefined) {
      expect([urls, output, by('cloudfront.amazonaws.com')]).toEqual([[], undefined, []]);
      return;
    }
    const code = functionOf(made, 'render-missing');
    expect(urls).toEqual([
      {
        AuthType: 'AWS_IAM',
        InvokeMode: 'RESPONSE_STREAM',
        Qualifier: 'live',
        TargetFunctionArn: { 'Fn::GetAtt': [code.id, 'Arn'] },
      },
    ]);
    const { id, DependsOn } = made.only('service', 'AWS::Lambda::Url');
    // The alias is named, and not referred to: nothing else has it made first.
    expect(DependsOn).toContain(aliasOf(made, 'render-missing').id);
    expect(made.text('service', output)).toBe(`{${id}.FunctionUrl}`);
  });

  test("are called by this account's distributions alone, by the URL, where there is an edge", () => {
    const calls = by('cloudfront.amazonaws.com').map(({ Properties }) => ({
      ...Properties,
      SourceArn: made.text('service', Properties['SourceArn']),
    }));
    if (made.stage.edge === undefined) {
      expect(calls).toEqual([]);
      return;
    }
    const common = {
      Principal: 'cloudfront.amazonaws.com',
      FunctionName: refTo(aliasOf(made, 'render-missing')),
      SourceArn: 'arn:{partition}:cloudfront::{account}:distribution/*',
    };
    expect(calls).toEqual([
      { ...common, Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'AWS_IAM' },
      { ...common, Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true },
    ]);
  });

  test('have a batch done within their timeout, whatever images are in it', () => {
    const ofDecoder = made
      .resources('service', 'AWS::Lambda::EventSourceMapping')
      .filter(({ Properties }) =>
        made.text('service', Properties['EventSourceArn']).endsWith('-process-image'),
      );
    const timeout = BACKGROUND.find(({ name }) => name === 'process-image')?.timeout_seconds ?? 0;
    expect(ofDecoder).toHaveLength(1);
    for (const { Properties } of ofDecoder) {
      expect((Number(Properties['BatchSize']) * RENDERER_DEFAULTS.timeLimitMs) / 1000).toBeLessThan(timeout);
    }
  });

  test('are started by the clock as often as the manifest says, with no event kept past the next one', () => {
    expect(made.resources('service', 'AWS::Events::Rule')).toHaveLength(clocked.length);
    expect(clocked.length).toBeGreaterThan(0);
    for (const { name, minutes } of clocked) {
      expect(clockOf(name).Properties).toMatchObject({
        // As CDK says it: EventBridge takes no `1 hours`.
        ScheduleExpression: EVERY[minutes] ?? `rate(${minutes} minutes)`,
        State: 'ENABLED',
        Targets: [
          { Arn: refTo(aliasOf(made, name)), RetryPolicy: { MaximumEventAgeInSeconds: minutes * 60 } },
        ],
      });
    }
  });

  test('are fed from the queue of the manifest where one starts them, each message failing alone', () => {
    const queues = made
      .resources('service', 'AWS::Lambda::EventSourceMapping')
      .filter(({ Properties }) => Properties['StartingPosition'] === undefined);
    const sources = queues.map(({ Properties }) => ({
      from: made.text('service', Properties['EventSourceArn']).split(':').at(-1),
      how: Properties['FunctionResponseTypes'],
      to: JSON.stringify(Properties['FunctionName']),
    }));
    expect(sources).toEqual(
      BACKGROUND.flatMap(({ name, trigger }: BackgroundRow) =>
        'queue' in trigger && functionsOf(made.stage).some((each) => each.name === name)
          ? [
              {
                from: queueNamed(made.stage.name, trigger.queue),
                how: ['ReportBatchItemFailures'],
                to: expect.stringMatching(new RegExp(`${aliasOf(made, name).id}.*:live`)),
              },
            ]
          : [],
      ),
    );
  });
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
