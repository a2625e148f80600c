import { Duration, type Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { EVERYONE_INDEX } from '../../service/src/drivers/aws/tables.ts';
import type { FunctionRow, QueueName } from '../../service/src/operations/manifest-rows.ts';
import { EVERY_REQUEST } from './buckets.ts';
import { pascalCase } from './functions.ts';
import { LIVE } from './live.ts';
import type { Names, QueueNames } from './names.ts';
import { queuesOf } from './rows.ts';
import type { Stage } from './stages.ts';

const FIVE_MINUTES = Duration.minutes(5);

/** What lies in each dead-letter queue, and what the alarm on it is called. */
const DEAD_LETTERS: Readonly<Record<QueueName, { readonly id: string; readonly what: string }>> = {
  jobs: { id: 'DeadLetters', what: 'A job' },
  uploads: { id: 'UploadsDeadLetters', what: 'The end of an upload' },
  'announce-event': { id: 'AnnounceEventDeadLetters', what: 'Telling webhooks of a change' },
  'process-image': { id: 'ProcessImageDeadLetters', what: 'The scan or the decoding of an image' },
  'withdraw-image': { id: 'WithdrawImageDeadLetters', what: 'The removal of what was made of an image' },
  'erase-images': { id: 'EraseImagesDeadLetters', what: "The removal of a user's images" },
  'sync-search': { id: 'SyncSearchDeadLetters', what: 'What searches are to see of an image' },
};

/** The tables that have an index over all users, and what the alarm on it is called. */
const INDEXED = [
  ['EveryoneIndex', 'listings'],
  ['AuditEveryoneIndex', 'audit'],
] as const;

/** What is wrong, above what, for how many periods; and what whoever is woken does first. */
interface Watch {
  readonly id: string;
  readonly what: string;
  readonly metric: IMetric;
  readonly above: number;
  readonly periods?: number;
}

/** What the alarms are called that also stop a roll-out of a function. */
export function rollOutAlarmsOf(stage: Stage, row: FunctionRow): readonly string[] {
  return ['Errors', 'Throttles'].map((what) => alarmName(stage, `${pascalCase(row.name)}${what}`));
}

function alarmName(stage: Stage, id: string): string {
  return `tintype-${stage.name}-${id}`;
}

/** Alarms, all to one topic. What they watch is in other stacks, and known by its name. */
export class Watcher {
  readonly #stack: Stack;
  readonly #stage: Stage;
  readonly #names: Names;
  readonly #topic: Topic;

  constructor(stack: Stack, stage: Stage, names: Names) {
    this.#stack = stack;
    this.#stage = stage;
    this.#names = names;
    this.#topic = new Topic(stack, 'Alarms', { topicName: `tintype-${stage.name}-alarms`, enforceSSL: true });
    this.#topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.#topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
    );
    if (stage.alarmEmail !== undefined) this.#topic.addSubscription(new EmailSubscription(stage.alarmEmail));
  }

  /** Errors, throttles, and a duration near the timeout. The first two also stop a roll-out. */
  watchFunction(row: FunctionRow): void {
    const id = pascalCase(row.name);
    const name = this.#names.functionNamed(row.name);
    const minute = Duration.minutes(1);
    this.#alarm({
      id: `${id}Errors`,
      what: `${row.name}: its function has failed (docs/deploying.md#alarms).`,
      metric: functionMetric(name, 'Errors', { period: minute }),
      above: 0,
    });
    this.#alarm({
      id: `${id}Throttles`,
      what: `${row.name}: more calls at once than it may have.`,
      metric: functionMetric(name, 'Throttles', { period: minute }),
      above: 0,
    });
    this.#alarm({
      id: `${id}Slow`,
      what: `${row.name}: one in a hundred takes more than 80 % of its timeout.`,
      metric: functionMetric(name, 'Duration', { statistic: Stats.p(99) }),
      above: row.timeout_seconds * 800,
    });
  }

  watchApi(): void {
    const { api } = this.#names;
    const rate = new MathExpression({
      label: 'answers of 5xx, in percent',
      expression: '100 * errors / MAX([calls, 1])',
      period: FIVE_MINUTES,
      usingMetrics: {
        errors: apiMetric(api, '5XXError'),
        calls: apiMetric(api, 'Count'),
      },
    });
    this.#alarm({ id: 'ApiErrors', what: 'More than 1 % of the answers are 5xx.', metric: rate, above: 1 });
    this.#alarm({
      id: 'ApiSlow',
      what: 'One in a hundred answers takes more than 3 seconds.',
      metric: apiMetric(api, 'Latency', Stats.p(99)),
      above: 3000,
      periods: 3,
    });
    this.#alarm({
      id: 'ApiThrottles',
      what: 'Callers are refused: more than a thousand answers of 4xx in five minutes, throttled ones among them.',
      metric: apiMetric(api, '4XXError'),
      above: 1000,
    });
  }

  watchData(): void {
    const names = this.#names;
    for (const [name, TableName] of Object.entries(names.tables)) {
      const id = `${pascalCase(name)}Table`;
      this.#watchThrottles(`${id}Throttles`, `Table ${name}`, { TableName });
      this.#alarm({
        id: `${id}Errors`,
        what: `Table ${name}: DynamoDB fails.`,
        metric: tableMetric('SystemErrors', { TableName }),
        above: 0,
      });
    }
    // A feed or a tag of all users that is hot shows here, or who does most, and holds up the table's own writes.
    const GlobalSecondaryIndexName = EVERYONE_INDEX;
    for (const [id, table] of INDEXED) {
      const everyone = { TableName: names.tables[table], GlobalSecondaryIndexName };
      this.#watchThrottles(`${id}Throttles`, `Index ${EVERYONE_INDEX} of ${table}`, everyone);
    }
    for (const queue of queuesOf(this.#stage)) {
      const { id, what } = DEAD_LETTERS[queue];
      this.#watchDeadLetters(id, what, names.queues[queue]);
    }
    if (this.#stage.malwareScan) this.#watchScanResults(names.scanResults);
    this.#alarm({
      id: 'BucketErrors',
      what: 'S3 answers with 5xx.',
      metric: new Metric({
        namespace: 'AWS/S3',
        metricName: '5xxErrors',
        dimensionsMap: { BucketName: names.bucket, FilterId: EVERY_REQUEST },
        statistic: Stats.SUM,
        period: FIVE_MINUTES,
      }),
      above: 0,
    });
  }

  /** A function that the clock starts is never missed otherwise: what is not started has no errors. */
  watchClock(name: string): void {
    this.#alarm({
      id: `${pascalCase(name)}NotStarted`,
      what: `${name}: the clock could not start it.`,
      // The clock's rule is called as the function that it starts.
      metric: failedInvocations(this.#names.functionNamed(name)),
      above: 0,
    });
  }

  /** The domain, and how far what it finds is behind. */
  watchSearch(follower: string): void {
    const { search, lostChanges } = this.#names;
    const domain = (metricName: string, statistic: string = Stats.MAXIMUM) =>
      new Metric({
        namespace: 'AWS/ES',
        metricName,
        dimensionsMap: { DomainName: search, ClientId: this.#stack.account },
        statistic,
        period: FIVE_MINUTES,
      });
    const more = 'after it has been mended, tintype reindex puts it right (docs/deploying.md#search)';
    this.#alarm({
      id: 'SearchRed',
      what: `A part of the search index is gone: ${more}.`,
      metric: domain('ClusterStatus.red'),
      above: 0,
    });
    this.#alarm({
      id: 'SearchWritesBlocked',
      what: `The search domain takes no writes, mostly for want of storage: ${more}.`,
      metric: domain('ClusterIndexWritesBlocked'),
      above: 0,
    });
    this.#alarm({
      id: 'SearchBehind',
      what: 'What searches find is more than five minutes behind (docs/deploying.md#search).',
      metric: functionMetric(this.#names.functionNamed(follower), 'IteratorAge', {
        statistic: Stats.MAXIMUM,
      }),
      above: 300_000,
    });
    this.#alarm({
      id: 'SearchChangesLost',
      what: `Changes of images were not seen by searches: ${more}.`,
      metric: queueMetric(lostChanges, 'ApproximateNumberOfMessagesVisible', Stats.MAXIMUM),
      above: 0,
    });
  }

  #watchScanResults(ruleName: string): void {
    this.#alarm({
      id: 'ScanResultsLost',
      what: 'What GuardDuty has found could not be told: images wait until their job is tried again.',
      metric: failedInvocations(ruleName),
      above: 0,
    });
  }

  /** What somebody who was woken looks at first. */
  makeDashboard(rows: readonly FunctionRow[]): void {
    const names = this.#names;
    const { api } = names;
    const each = (metricName: string, statistic: string) =>
      rows.map(({ name }) =>
        functionMetric(names.functionNamed(name), metricName, { statistic, label: name }),
      );
    const queues = queuesOf(this.#stage).map((queue) => names.queues[queue]);
    const graph = (title: string, left: IMetric[]) =>
      new GraphWidget({ title, left, width: 12, period: FIVE_MINUTES });
    const consumed = (metricName: string) =>
      Object.entries(names.tables).map(
        ([label, TableName]) =>
          new Metric({
            namespace: 'AWS/DynamoDB',
            metricName,
            label,
            dimensionsMap: { TableName },
            statistic: Stats.SUM,
          }),
      );
    new Dashboard(this.#stack, 'Dashboard', {
      dashboardName: `tintype-${this.#stage.name}`,
      widgets: [
        [
          graph(
            'Calls and errors',
            ['Count', '4XXError', '5XXError'].map((metric) => apiMetric(api, metric)),
          ),
          graph('Latency (ms), half and 99 of 100', [
            apiMetric(api, 'Latency', Stats.p(50)),
            apiMetric(api, 'Latency', Stats.p(99)),
          ]),
        ],
        [
          graph('Function errors', each('Errors', Stats.SUM)),
          graph('Function durations (ms), 99 of 100', each('Duration', Stats.p(99))),
        ],
        [
          graph('Read units', consumed('ConsumedReadCapacityUnits')),
          graph('Write units', consumed('ConsumedWriteCapacityUnits')),
        ],
        [
          graph(
            'Jobs and uploads waiting, and dead',
            queues
              .flatMap(({ queue, deadLetters }) => [queue, deadLetters])
              .map((each) => queueMetric(each, 'ApproximateNumberOfMessagesVisible', Stats.MAXIMUM)),
          ),
          graph(
            'Age of the oldest of them (s)',
            queues.map(({ queue }) => queueMetric(queue, 'ApproximateAgeOfOldestMessage', Stats.MAXIMUM)),
          ),
        ],
      ],
    });
  }

  #watchDeadLetters(id: string, what: string, { deadLetters }: QueueNames): void {
    this.#alarm({
      id,
      what: `${what} has failed for good and lies in the dead-letter queue (docs/deploying.md#alarms).`,
      metric: queueMetric(deadLetters, 'ApproximateNumberOfMessagesVisible', Stats.MAXIMUM),
      above: 0,
    });
  }

  #watchThrottles(id: string, place: string, dimensions: Record<string, string>): void {
    const metric = new MathExpression({
      expression: 'reads + writes',
      period: FIVE_MINUTES,
      usingMetrics: {
        reads: tableMetric('ReadThrottleEvents', dimensions),
        writes: tableMetric('WriteThrottleEvents', dimensions),
      },
    });
    this.#alarm({ id, what: `${place}: DynamoDB throttles (docs/scaling.md).`, metric, above: 0 });
  }

  #alarm({ id, what, metric, above, periods = 1 }: Watch): Alarm {
    const alarm = new Alarm(this.#stack, `${id}Alarm`, {
      alarmName: alarmName(this.#stage, id),
      alarmDescription: what,
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.#topic));
    return alarm;
  }
}

/** Of the version that callers get. */
function functionMetric(
  FunctionName: string,
  metricName: string,
  options: { readonly period?: Duration; readonly statistic?: string; readonly label?: string },
): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: { FunctionName, Resource: `${FunctionName}:${LIVE}` },
    statistic: Stats.SUM,
    period: FIVE_MINUTES,
    ...options,
  });
}

function apiMetric(ApiName: string, metricName: string, statistic: string = Stats.SUM): Metric {
  return new Metric({
    namespace: 'AWS/ApiGateway',
    metricName,
    dimensionsMap: { ApiName },
    statistic,
    period: FIVE_MINUTES,
  });
}

function tableMetric(metricName: string, dimensionsMap: Record<string, string>): Metric {
  const statistic = Stats.SUM;
  return new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap,
    statistic,
    period: FIVE_MINUTES,
  });
}

/** Of a rule of EventBridge. */
function failedInvocations(RuleName: string): Metric {
  return new Metric({
    namespace: 'AWS/Events',
    metricName: 'FailedInvocations',
    dimensionsMap: { RuleName },
    statistic: Stats.SUM,
    period: FIVE_MINUTES,
  });
}

function queueMetric(QueueName: string, metricName: string, statistic: string): Metric {
  return new Metric({
    namespace: 'AWS/SQS',
    metricName,
    label: QueueName,
    dimensionsMap: { QueueName },
    statistic,
    period: FIVE_MINUTES,
  });
}
