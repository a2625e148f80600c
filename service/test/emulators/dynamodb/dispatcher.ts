import type { CapacityMeter } from './capacity-meter.ts';
import type { DynaliteAction, DynaliteEngine } from './dynalite-engine.ts';
import { ItemReads } from './item-reads.ts';
import { ItemWrites } from './item-writes.ts';
import { DynamoDbFailure, type Json, validationFailure } from './model.ts';
import { ReadWriteLock } from './read-write-lock.ts';
import { TimeToLive } from './time-to-live.ts';
import { Transactions } from './transactions.ts';

interface Action {
  /** Whether nothing else may run meanwhile. */
  readonly alone: boolean;
  readonly run: (input: Json) => Promise<Json>;
}

/** Which action is done by whom, and which may run together. */
export class Dispatcher {
  readonly #engine: DynaliteEngine;
  readonly #meter: CapacityMeter;
  readonly #timeToLive: TimeToLive;
  readonly #lock = new ReadWriteLock();
  readonly #actions: ReadonlyMap<string, Action>;

  constructor(engine: DynaliteEngine, meter: CapacityMeter, now: () => number) {
    this.#engine = engine;
    this.#meter = meter;
    this.#timeToLive = new TimeToLive(engine);
    const transactions = new Transactions(engine, meter, now);
    this.#actions = new Map([
      ...this.#readActions(new ItemReads(engine, meter)),
      ...this.#writeActions(new ItemWrites(engine, meter)),
      ...this.#tableActions(),
      ['TransactWriteItems', { alone: true, run: (input) => transactions.write(input) }],
    ]);
  }

  dispatch(name: string, input: Json): Promise<Json> {
    const action = this.#actions.get(name);
    if (action === undefined) {
      return Promise.reject(
        new DynamoDbFailure('UnknownOperationException', `${name} is not implemented by this emulator`),
      );
    }
    this.#meter.count(name);
    return action.alone
      ? this.#lock.exclusive(() => action.run(input))
      : this.#lock.shared(() => action.run(input));
  }

  /** Resolves when everything that came in has been done. */
  async idle(): Promise<void> {
    await this.#lock.exclusive(async () => {});
  }

  #readActions(reads: ItemReads): [string, Action][] {
    return [
      ['GetItem', { alone: false, run: (input) => reads.get(input) }],
      ['BatchGetItem', { alone: false, run: (input) => reads.getBatch(input) }],
      ['Query', { alone: false, run: (input) => reads.query('Query', input) }],
      ['Scan', { alone: false, run: (input) => reads.query('Scan', input) }],
      ['TransactGetItems', { alone: false, run: (input) => reads.getInTransaction(input) }],
    ];
  }

  #writeActions(writes: ItemWrites): [string, Action][] {
    const single = (['PutItem', 'UpdateItem', 'DeleteItem'] as const).map((action): [string, Action] => {
      return [action, { alone: true, run: (input) => writes.write(action, input) }];
    });
    return [...single, ['BatchWriteItem', { alone: true, run: (input) => writes.writeBatch(input) }]];
  }

  #tableActions(): [string, Action][] {
    return [
      ['CreateTable', { alone: true, run: (input) => this.#createTable(input) }],
      ['UpdateTable', { alone: true, run: (input) => this.#changeTable('UpdateTable', input) }],
      ['DeleteTable', { alone: true, run: (input) => this.#deleteTable(input) }],
      ['DescribeTable', { alone: false, run: (input) => this.#plain('DescribeTable', input) }],
      ['ListTables', { alone: false, run: (input) => this.#plain('ListTables', input) }],
      ['UpdateTimeToLive', { alone: true, run: (input) => this.#timeToLive.update(input) }],
      ['DescribeTimeToLive', { alone: false, run: (input) => this.#timeToLive.describe(input) }],
    ];
  }

  #plain(action: DynaliteAction, input: Json): Promise<Json> {
    return this.#engine.run(action, this.#engine.parse(action, input));
  }

  #createTable(input: Json): Promise<Json> {
    if (input['LocalSecondaryIndexes'] !== undefined) {
      throw validationFailure(
        'LocalSecondaryIndexes are not implemented by this emulator: it would not charge for them',
      );
    }
    return this.#changeTable('CreateTable', input);
  }

  async #deleteTable(input: Json): Promise<Json> {
    const output = await this.#changeTable('DeleteTable', input);
    this.#timeToLive.forget(input['TableName']);
    return output;
  }

  /** Answers as AWS does, while the change is under way, and lets nobody in before it is done. */
  async #changeTable(action: DynaliteAction, input: Json): Promise<Json> {
    const parsed = this.#engine.parse(action, { ...input });
    const output = structuredClone(await this.#engine.run(action, parsed));
    const deadline = Date.now() + 5_000;
    while (await this.#engine.isInTransit(parsed.TableName)) {
      if (Date.now() > deadline) throw new Error(`${action} of ${parsed.TableName} did not end.`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return output;
  }
}
