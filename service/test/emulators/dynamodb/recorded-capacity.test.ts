import { afterAll, describe, expect, test } from 'vitest';
import { CAPACITY_SCENARIOS, type Figures, figuresOf } from './capacity-scenarios.ts';
import { startDynamoDb } from './dynamodb.ts';
import recorded from './recorded-capacity.json' with { type: 'json' };
import { clientAt, createSampleTables } from './sample-tables.ts';

/**
 * recorded-capacity.json is what DynamoDB Local, AWS's own emulator, reports for the same requests (how it was
 * recorded is told in record-capacity.ts). Where it is known to differ from DynamoDB itself, the figures here
 * are DynamoDB's.
 */
const LOCAL_DIFFERS: Readonly<Record<string, { figures: Figures; because: string }>> = {
  'a query of nothing, eventually consistent': {
    figures: { rows: 0.5 },
    because: 'AWS charges a read of what does not exist as one of the smallest size; Local charges nothing',
  },
  'a query of nothing, strongly consistent': {
    figures: { rows: 1 },
    because: 'the same',
  },
  'a batch of gets, one of them of nothing': {
    figures: { images: 1.5 },
    because: 'the same; https://github.com/awslabs/amazon-dynamodb-local-samples/issues/7',
  },
  'a transaction of a put, a delete of nothing and a check, without indexes': {
    figures: { images: 2 * 2 + 2 + 2 },
    because: 'Local doubles what it has doubled already, and not for every kind of step',
  },
  // On DynamoDB the indexes are not doubled: https://github.com/nubo-db/dynoxide/pull/188.
  'a transaction of a put into both indexes': {
    figures: { rows: 2, 'rows.all': 1, 'rows.some': 1 },
    because: 'Local doubles the table twice, and the indexes as well',
  },
  'a transaction of an update of an index key, of an entry of 1,500 bytes': {
    figures: { rows: 2 * 2, 'rows.all': 2 + 2 },
    because: 'the same',
  },
  'a transaction of a delete of 2,500 bytes in both indexes': {
    figures: { rows: 2 * 3, 'rows.all': 3, 'rows.some': 1 },
    because: 'the same',
  },
};

const figures: Readonly<Record<string, Figures>> = recorded.figures;

const dynamodb = await startDynamoDb();
const client = clientAt(dynamodb.endpoint);
await createSampleTables(client);
afterAll(() => dynamodb.stop());

describe('the capacity that DynamoDB Local has reported', () => {
  test('was recorded for every scenario, and for no other', () => {
    expect(Object.keys(figures)).toEqual(CAPACITY_SCENARIOS.map(({ name }) => name));
    expect(CAPACITY_SCENARIOS.length - Object.keys(LOCAL_DIFFERS).length).toBeGreaterThanOrEqual(20);
  });

  test.each(CAPACITY_SCENARIOS.filter(({ name }) => !(name in LOCAL_DIFFERS)))(
    'is what the meter counts for $name',
    async (scenario) => {
      expect(await figuresOf(client, scenario)).toEqual(figures[scenario.name]);
    },
  );

  test.each(CAPACITY_SCENARIOS.filter(({ name }) => name in LOCAL_DIFFERS))(
    "is not DynamoDB's for $name, and the meter counts as DynamoDB does",
    async (scenario) => {
      const known = LOCAL_DIFFERS[scenario.name];
      expect(figures[scenario.name], 'no longer different: take it off the list').not.toEqual(known?.figures);
      expect(await figuresOf(client, scenario)).toEqual(known?.figures);
    },
  );
});
