import { afterAll, describe, expect, test } from 'vitest';
import { CapacityMeter } from './capacity-meter.ts';
import { Dispatcher } from './dispatcher.ts';
import { DynaliteEngine } from './dynalite-engine.ts';

const engine = new DynaliteEngine();
const dispatcher = new Dispatcher(engine, new CapacityMeter(), Date.now);
afterAll(() => engine.close());

const TableName = 'images';
const definition = {
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
};
const Item = { id: { S: 'a' } };

describe('requests that come at once', () => {
  test('find a table ready, or gone, and never in between', async () => {
    for (let round = 0; round < 5; round++) {
      const [created, described, put, deleted, listed] = await Promise.all([
        dispatcher.dispatch('CreateTable', { ...definition }),
        dispatcher.dispatch('DescribeTable', { TableName }),
        dispatcher.dispatch('PutItem', { TableName, Item }),
        dispatcher.dispatch('DeleteTable', { TableName }),
        dispatcher.dispatch('ListTables', {}),
      ]);
      expect(created).toMatchObject({ TableDescription: { TableStatus: 'CREATING' } });
      expect(described).toMatchObject({ Table: { TableStatus: 'ACTIVE' } });
      expect(put).toEqual({});
      expect(deleted).toMatchObject({ TableDescription: { TableStatus: 'DELETING' } });
      expect(listed).toEqual({ TableNames: [] });
    }
  });

  test('see what those before them wrote', async () => {
    const [, , got] = await Promise.all([
      dispatcher.dispatch('CreateTable', { ...definition }),
      dispatcher.dispatch('PutItem', { TableName, Item }),
      dispatcher.dispatch('GetItem', { TableName, Key: Item }),
    ]);
    expect(got).toEqual({ Item });
  });
});
