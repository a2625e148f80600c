import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAwsClients, destroyAwsClients } from '../../service/src/drivers/aws/clients.ts';
import { setUpAws } from '../../service/src/drivers/aws/set-up.ts';
import { createSqsClient } from '../../service/src/drivers/aws/sqs-client.ts';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../../service/test/emulators/credentials.ts';
import { type Emulators, startEmulators } from '../../service/test/emulators/emulators.ts';
import { Synthesized, sorted } from './support/templates.ts';
import { VARIANTS } from './support/variants.ts';

const TABLE = 'AWS::DynamoDB::Table';
const PARTS = ['images', 'listings', 'ledger', 'audit'] as const;

let emulators: Emulators;
let clients: ReturnType<typeof clientsOf>;

function clientsOf({ dynamodb, s3 }: Emulators) {
  const common = { region: EMULATOR_REGION, credentials: EMULATOR_CREDENTIALS };
  const endpoints = { dynamodb: dynamodb.endpoint, s3: s3.endpoint };
  return {
    ...createAwsClients({ ...common, endpoints, s3PathStyle: true }),
    sqs: createSqsClient({ ...common, endpoint: s3.sqsEndpoint }),
  };
}

/** What `npm run setup:aws` makes, under the names that the stage has. */
beforeAll(async () => {
  emulators = await startEmulators();
  clients = clientsOf(emulators);
  const name = (part: string) => `tintype-prod-${part}`;
  const tables = {
    images: name('images'),
    listings: name('listings'),
    ledger: name('ledger'),
    audit: name('audit'),
  };
  await setUpAws(clients, { tables, bucket: 'images', queue: 'jobs', shards: 4 }, () => {});
});

afterAll(async () => {
  destroyAwsClients(clients);
  clients.sqs.destroy();
  await emulators.stop();
});

/** What a table is: how it is named, keyed, indexed and paid. */
function shapeOf(table: Readonly<Record<string, unknown>>) {
  const indexes = (table['GlobalSecondaryIndexes'] ?? []) as readonly Readonly<Record<string, unknown>>[];
  const locals = (table['LocalSecondaryIndexes'] ?? []) as readonly unknown[];
  const attributes = table['AttributeDefinitions'] as readonly { readonly AttributeName: string }[];
  return {
    name: table['TableName'],
    keys: table['KeySchema'],
    attributes: attributes.toSorted((a, b) => a.AttributeName.localeCompare(b.AttributeName)),
    indexes: indexes.map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection })),
    locals: locals.length,
    billing: table['BillingMode'],
  };
}

async function describeTable(TableName: string) {
  const { Table = {} } = await clients.dynamodb.send(new DescribeTableCommand({ TableName }));
  const { BillingModeSummary, ...rest }: TableDescription = Table;
  return shapeOf({ ...rest, BillingMode: BillingModeSummary?.BillingMode });
}

async function expiryOf(TableName: string): Promise<unknown> {
  const { TimeToLiveDescription } = await clients.dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
  const on = TimeToLiveDescription?.TimeToLiveStatus === 'ENABLED';
  return on ? { AttributeName: TimeToLiveDescription?.AttributeName, Enabled: true } : undefined;
}

const prod = new Synthesized('prod');
const tableNamed = (made: Synthesized, part: string) =>
  made.only('data', TABLE, ({ TableName }) => TableName === `tintype-${made.stage.name}-${part}`);

describe('the tables', () => {
  test.each(PARTS)('have %s as setup:aws makes it on the emulator', async (part) => {
    const { Properties } = tableNamed(prod, part);
    expect(shapeOf(Properties)).toEqual(await describeTable(`tintype-prod-${part}`));
    expect(Properties['TimeToLiveSpecification']).toEqual(await expiryOf(`tintype-prod-${part}`));
  });

  test('are as many as setup:aws makes', () => {
    expect(prod.resources('data', TABLE)).toHaveLength(PARTS.length);
  });

  test('expire what has an expiry, and nothing else', () => {
    const expiring = prod.resources('data', TABLE).flatMap(({ Properties }) => {
      const { AttributeName } = (Properties['TimeToLiveSpecification'] ?? {}) as { AttributeName?: string };
      return AttributeName === undefined ? [] : [`${Properties['TableName']}: ${AttributeName}`];
    });
    expect(sorted(expiring)).toEqual(
      ['audit', 'ledger', 'listings'].map((part) => `tintype-prod-${part}: expires_at`),
    );
  });
});

describe.each(VARIANTS)('the tables of %s', (variant) => {
  const made = new Synthesized(variant);
  const tables = made.resources('data', TABLE);

  test('are encrypted, paid by request, and can be put back to any second', () => {
    expect(tables.length).toBeGreaterThan(0);
    for (const { Properties } of tables) {
      expect(Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      });
    }
  });

  test(made.stage.keepsData ? 'outlive their stack, and cannot be deleted' : 'go with their stack', () => {
    const policy = made.stage.keepsData ? 'Retain' : 'Delete';
    for (const table of tables) {
      expect(table).toMatchObject({ DeletionPolicy: policy, UpdateReplacePolicy: policy });
      expect(table.Properties['DeletionProtectionEnabled']).toBe(made.stage.keepsData);
    }
  });

  test('have a stream only where a function reads it', () => {
    const sources = made
      .resources('service', 'AWS::Lambda::EventSourceMapping')
      .map(({ Properties }) => made.text('service', Properties['EventSourceArn']));
    for (const { id, Properties } of tables) {
      const read = sources.includes(`{${id}.StreamArn}`);
      expect(Properties['StreamSpecification'] !== undefined, String(Properties['TableName'])).toBe(read);
    }
  });
});
