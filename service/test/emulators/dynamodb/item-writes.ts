import { chargeForWrite } from './capacity.ts';
import type { CapacityMeter } from './capacity-meter.ts';
import { consumedCapacity } from './consumed-capacity.ts';
import type { DynaliteAction, DynaliteEngine } from './dynalite-engine.ts';
import { DynamoDbFailure, type Item, type Json, validationFailure } from './model.ts';

export type ItemWrite = Extract<DynaliteAction, 'PutItem' | 'UpdateItem' | 'DeleteItem'>;

/** Single writes and batches of them, charged by what they found and what they left. */
export class ItemWrites {
  readonly #engine: DynaliteEngine;
  readonly #meter: CapacityMeter;

  constructor(engine: DynaliteEngine, meter: CapacityMeter) {
    this.#engine = engine;
    this.#meter = meter;
  }

  async write(action: ItemWrite, input: Json): Promise<Json> {
    const { ReturnConsumedCapacity: asked, ReturnValuesOnConditionCheckFailure: onFailure } = input;
    checkReturnOnFailure(onFailure);
    const parsed = this.#engine.parse(action, { ...input, ReturnConsumedCapacity: 'NONE' });
    const table = await this.#engine.table(parsed.TableName);
    const key =
      action === 'PutItem' ? this.#engine.keyOf(table, parsed['Item'] as Item) : (parsed['Key'] as Item);
    this.#engine.keyText(table, key);
    const before = await this.#engine.itemAt(table, key);
    try {
      const output = await this.#engine.run(action, parsed);
      const after = await this.#engine.itemAfter(action, parsed, table, key);
      const charge = chargeForWrite({ table, before, after, transactional: false });
      this.#meter.charge([charge]);
      return { ...output, ...consumedCapacity([charge], asked, 'table') };
    } catch (error) {
      if (!isFailedCondition(error)) throw error;
      // A write that is refused by its condition is charged for the item that refused it, at the table.
      this.#meter.charge([chargeForWrite({ table, before, after: before, transactional: false })]);
      throw onFailure === 'ALL_OLD' && before
        ? new DynamoDbFailure(error.code, error.message, { Item: before })
        : error;
    }
  }

  async writeBatch(input: Json): Promise<Json> {
    const parsed = this.#engine.parse('BatchWriteItem', { ...input, ReturnConsumedCapacity: 'NONE' });
    const changes = await this.#batchedChanges(parsed['RequestItems'] as BatchRequests);
    const output = await this.#engine.run('BatchWriteItem', parsed);
    const charges = changes.map((change) => chargeForWrite({ ...change, transactional: false }));
    this.#meter.charge(charges);
    return { ...output, ...consumedCapacity(charges, input['ReturnConsumedCapacity'], 'list') };
  }

  async #batchedChanges(requests: BatchRequests) {
    const changes = Object.entries(requests).map(async ([name, writes]) => {
      const table = await this.#engine.table(name);
      return Promise.all(
        writes.map(async ({ PutRequest, DeleteRequest }) => {
          const after = PutRequest?.Item;
          const key = after ? this.#engine.keyOf(table, after) : (DeleteRequest?.Key ?? {});
          this.#engine.keyText(table, key);
          return { table, before: await this.#engine.itemAt(table, key), after };
        }),
      );
    });
    return (await Promise.all(changes)).flat();
  }
}

type BatchRequests = Readonly<
  Record<
    string,
    readonly {
      readonly PutRequest?: { readonly Item: Item };
      readonly DeleteRequest?: { readonly Key: Item };
    }[]
  >
>;

export function isFailedCondition(error: unknown): error is DynamoDbFailure {
  return error instanceof DynamoDbFailure && error.code === 'ConditionalCheckFailedException';
}

export function checkReturnOnFailure(value: unknown): void {
  if (value === undefined || value === 'ALL_OLD' || value === 'NONE') return;
  throw validationFailure(
    `1 validation error detected: Value '${value}' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, NONE]`,
  );
}
