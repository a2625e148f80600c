import { describe, expect, test } from 'vitest';
import { alarmMetricsOf } from '../../cli/src/cost/deployed.ts';
import { type Resource, Synthesized } from './support/templates.ts';
import { VARIANTS } from './support/variants.ts';

const ALARM = 'AWS::CloudWatch::Alarm';

interface SingleMetric {
  readonly MetricStat: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions: unknown;
    };
    readonly Stat: string;
  };
}

/** What an alarm on one metric measures: one with a label is written as an expression of a single part. */
function measuredBy({ Properties }: Resource): Readonly<Record<string, unknown>> {
  const metrics = Properties['Metrics'] as readonly SingleMetric[] | undefined;
  const { Threshold } = Properties;
  if (metrics === undefined) {
    const { Namespace, MetricName, Dimensions, Statistic, ExtendedStatistic } = Properties;
    return { Namespace, MetricName, Dimensions, Stat: ExtendedStatistic ?? Statistic, Threshold };
  }
  const [only, ...others] = metrics;
  if (!only || others.length > 0) throw new Error('The alarm is on more than one metric.');
  const { Metric, Stat } = only.MetricStat;
  return { ...Metric, Stat, Threshold };
}

/** The same, but undefined for alarms on more than one metric. */
function measuredBySingle(alarm: Resource): Readonly<Record<string, unknown>> | undefined {
  const metrics = alarm.Properties['Metrics'] as readonly unknown[] | undefined;
  return metrics === undefined || metrics.length === 1 ? measuredBy(alarm) : undefined;
}

describe.each(VARIANTS)('what watches %s', (variant) => {
  const made = new Synthesized(variant);
  const { name } = made.stage;
  const topic = made.only('watch', 'AWS::SNS::Topic');
  const alarms = made.resources('watch', ALARM);
  const alarmNamed = (what: string) =>
    made.only('watch', ALARM, ({ AlarmName }) => AlarmName === `tintype-${name}-${what}`);

  test('tells everything to one topic, and says what it is about', () => {
    expect(alarms.length).toBeGreaterThan(0);
    for (const { Properties } of alarms) {
      expect(Properties['AlarmActions']).toEqual([{ Ref: topic.id }]);
      expect(Properties['AlarmDescription']).toMatch(/^\S.{10,}\.$/);
      expect(Properties['TreatMissingData']).toBe('notBreaching');
    }
  });

  test('measures as much as `tintype cost` reckons with', () => {
    const measured = alarms.map(({ Properties }) => {
      const metrics = Properties['Metrics'] as readonly Partial<SingleMetric>[] | undefined;
      return metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1;
    });
    expect(measured.reduce((sum, count) => sum + count, 0)).toBe(alarmMetricsOf(made.stage));
  });

  test('sees answers of 5xx, slow ones and refusals of the API', () => {
    const errors = JSON.stringify(alarmNamed('ApiErrors').Properties['Metrics']);
    expect(errors).toContain('"5XXError"');
    expect(errors).toContain(`"Value":"tintype-${name}"`);
    expect(alarmNamed('ApiErrors').Properties['Threshold']).toBe(1);
    const ofApi = { Namespace: 'AWS/ApiGateway' };
    const slow = { ...ofApi, MetricName: 'Latency', Stat: 'p99', Threshold: 3000 };
    expect(measuredBy(alarmNamed('ApiSlow'))).toMatchObject(slow);
    const refused = { ...ofApi, MetricName: '4XXError', Stat: 'Sum' };
    expect(measuredBy(alarmNamed('ApiThrottles'))).toMatchObject(refused);
  });

  test.each(['Images', 'Listings', 'Ledger', 'Audit'])(
    'sees throttles and failures of the table %s',
    (table) => {
      const tableName = `tintype-${name}-${table.toLowerCase()}`;
      const throttles = alarmNamed(`${table}TableThrottles`).Properties;
      expect(throttles['Threshold']).toBe(0);
      for (const metric of ['ReadThrottleEvents', 'WriteThrottleEvents', tableName]) {
        expect(JSON.stringify(throttles['Metrics'])).toContain(`"${metric}"`);
      }
      expect(measuredBy(alarmNamed(`${table}TableErrors`))).toEqual({
        Namespace: 'AWS/DynamoDB',
        MetricName: 'SystemErrors',
        Dimensions: [{ Name: 'TableName', Value: tableName }],
        Stat: 'Sum',
        Threshold: 0,
      });
    },
  );

  test('sees every message in every dead-letter queue', () => {
    const lost = made.stage.search ? made.resources('search', 'AWS::SQS::Queue') : [];
    const dead = [...made.resources('data', 'AWS::SQS::Queue'), ...lost]
      .filter(({ Properties }) => Properties['RedrivePolicy'] === undefined)
      .map(({ Properties }) => Properties['QueueName']);
    expect(dead).toHaveLength(made.stage.search ? 8 : 6);
    const watched = alarms.map(measuredBySingle).filter((measured) => measured?.['Namespace'] === 'AWS/SQS');
    expect(watched).toHaveLength(dead.length);
    expect(watched).toEqual(
      expect.arrayContaining(
        dead.map((Value) => ({
          Namespace: 'AWS/SQS',
          MetricName: 'ApproximateNumberOfMessagesVisible',
          Dimensions: [{ Name: 'QueueName', Value }],
          Stat: 'Maximum',
          Threshold: 0,
        })),
      ),
    );
  });

  test('sees that the clock could not start a function, or that nobody could be told of a scan', () => {
    const scans = made.resources('data', 'AWS::Events::Rule').map(({ Properties }) => Properties['Name']);
    const clocks = made.resources('service', 'AWS::Events::Rule');
    expect(clocks.length).toBeGreaterThan(0);
    const watched = alarms
      .map(measuredBySingle)
      .filter((measured) => measured?.['Namespace'] === 'AWS/Events');
    expect(watched).toEqual(
      [...scans, ...clocks.map(({ Properties }) => Properties['Name'])].map((Value) => ({
        Namespace: 'AWS/Events',
        MetricName: 'FailedInvocations',
        Dimensions: [{ Name: 'RuleName', Value }],
        Stat: 'Sum',
        Threshold: 0,
      })),
    );
  });

  test('sees 5xx of S3', () => {
    const { Dimensions, ...rest } = measuredBy(alarmNamed('BucketErrors'));
    expect(rest).toEqual({ Namespace: 'AWS/S3', MetricName: '5xxErrors', Stat: 'Sum', Threshold: 0 });
    expect(JSON.stringify(Dimensions)).toContain('{"Name":"FilterId","Value":"all"}');
  });
});

describe.each(VARIANTS)('who is told of %s, and where to look:', (variant) => {
  const made = new Synthesized(variant);
  const { name } = made.stage;
  const topic = made.only('watch', 'AWS::SNS::Topic');

  test('takes news from the alarms of this account only, over TLS only, and mails them where an address is set', () => {
    const policy = made.only('watch', 'AWS::SNS::TopicPolicy').Properties['PolicyDocument'];
    expect(policy).toMatchObject({
      Statement: [
        { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
        {
          Effect: 'Allow',
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        },
      ],
    });
    const { alarmEmail } = made.stage;
    expect(
      made.resources('watch', 'AWS::SNS::Subscription').map(({ Properties }) => Properties),
    ).toMatchObject(
      alarmEmail === undefined
        ? []
        : [{ Protocol: 'email', Endpoint: alarmEmail, TopicArn: { Ref: topic.id } }],
    );
  });

  test('shows on one page: calls, latency, functions, units and jobs', () => {
    const { Properties } = made.only('watch', 'AWS::CloudWatch::Dashboard');
    expect(Properties['DashboardName']).toBe(`tintype-${name}`);
    const body = JSON.stringify(Properties['DashboardBody']);
    for (const metric of [
      'Count',
      '5XXError',
      'Latency',
      'Errors',
      'Duration',
      'ConsumedReadCapacityUnits',
      'ConsumedWriteCapacityUnits',
      'ApproximateNumberOfMessagesVisible',
      'ApproximateAgeOfOldestMessage',
    ]) {
      expect(body).toContain(`\\"${metric}\\"`);
    }
  });
});
