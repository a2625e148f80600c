import { type Charge, type Consistency, chargeForIndexRead, chargeForRead } from './capacity.ts';
import type { CapacityMeter } from './capacity-meter.ts';
import { consumedCapacity } from './consumed-capacity.ts';
import type { DynaliteEngine } from './dynalite-engine.ts';
import { itemSize } from './item-size.ts';
import { type Item, type Json, type ParsedInput, validationFailure } from './model.ts';

/** What makes an answer hold less than what was read for it. */
const NARROWING = ['_filter', '_projection', 'QueryFilter', 'ScanFilter', 'AttributesToGet', 'Select'];

const LARGEST_TRANSACTION = 100;

/** Reads, charged by the whole of what was read, whatever of it is answered. */
export class ItemReads {
  readonly #engine: DynaliteEngine;
  readonly #meter: CapacityMeter;

  constructor(engine: DynaliteEngine, meter: CapacityMeter) {
    this.#engine = engine;
    this.#meter = meter;
  }

  async get(input: Json): Promise<Json> {
    const parsed = this.#parse('GetItem', input);
    const output = await this.#engine.run('GetItem', parsed);
    const charge = isNarrowed(parsed)
      ? await this.#chargeForGet(parsed, consistencyOf(parsed))
      : chargeForItem(parsed.TableName, output['Item'] as Item | undefined, consistencyOf(parsed));
    return this.#charged(output, [charge], input, 'table');
  }

  async getBatch(input: Json): Promise<Json> {
    const parsed = this.#parse('BatchGetItem', input);
    const output = await this.#engine.run('BatchGetItem', parsed);
    const charges: Charge[] = [];
    for (const [TableName, request] of Object.entries(parsed['RequestItems'] as BatchRequests)) {
      for (const Key of request.Keys) {
        charges.push(await this.#chargeForGet({ TableName, Key }, consistencyOf(request)));
      }
    }
    return this.#charged(output, charges, input, 'list');
  }

  async query(action: 'Query' | 'Scan', input: Json): Promise<Json> {
    const parsed = this.#parse(action, input);
    const output = await this.#engine.run(action, parsed);
    const items = isNarrowed(parsed)
      ? await this.#itemsRead(action, parsed)
      : (output['Items'] as readonly Item[]);
    const bytes = items.reduce((total, item) => total + itemSize(item), 0);
    const { TableName, IndexName } = parsed;
    // As it was asked: dynalite's parsing of a Scan leaves ConsistentRead out.
    const consistency = consistencyOf(input);
    const charge =
      typeof IndexName === 'string'
        ? chargeForIndexRead(TableName, IndexName, bytes, consistency)
        : chargeForRead(TableName, bytes, consistency);
    return this.#charged(output, [charge], input, 'table');
  }

  async getInTransaction(input: Json): Promise<Json> {
    const gets = getsIn(input).map((get) => this.#parse('GetItem', { ...get, ConsistentRead: true }));
    const seen = new Set<string>();
    for (const { TableName, Key } of gets) {
      const table = await this.#engine.table(TableName);
      seen.add(JSON.stringify([TableName, this.#engine.keyText(table, Key as Item)]));
    }
    if (seen.size < gets.length) {
      throw validationFailure('Transaction request cannot include multiple operations on one item');
    }
    const responses: Json[] = [];
    const charges: Charge[] = [];
    for (const get of gets) {
      const { Item: item } = await this.#engine.run('GetItem', get);
      responses.push(item === undefined ? {} : { Item: item });
      charges.push(await this.#chargeForGet(get, 'transactional'));
    }
    return this.#charged({ Responses: responses }, charges, input, 'transaction');
  }

  #parse(action: 'GetItem' | 'BatchGetItem' | 'Query' | 'Scan', input: Json): ParsedInput {
    return this.#engine.parse(action, { ...input, ReturnConsumedCapacity: 'NONE' });
  }

  /** The same page with nothing left out. */
  async #itemsRead(action: 'Query' | 'Scan', parsed: ParsedInput): Promise<readonly Item[]> {
    const whole = Object.entries(parsed).filter(([member]) => !NARROWING.includes(member));
    const output = await this.#engine.run(action, Object.fromEntries(whole) as unknown as ParsedInput);
    return output['Items'] as readonly Item[];
  }

  async #chargeForGet({ TableName, Key }: ParsedInput, consistency: Consistency): Promise<Charge> {
    const item = await this.#engine.itemAt(await this.#engine.table(TableName), Key as Item);
    return chargeForItem(TableName, item, consistency);
  }

  #charged(
    output: Json,
    charges: readonly Charge[],
    input: Json,
    form: Parameters<typeof consumedCapacity>[2],
  ): Json {
    this.#meter.charge(charges);
    return { ...output, ...consumedCapacity(charges, input['ReturnConsumedCapacity'], form) };
  }
}

type BatchRequests = Readonly<Record<string, Json & { readonly Keys: readonly Item[] }>>;

function isNarrowed(parsed: ParsedInput): boolean {
  return NARROWING.some((member) => parsed[member] !== undefined);
}

function chargeForItem(table: string, item: Item | undefined, consistency: Consistency): Charge {
  return chargeForRead(table, item ? itemSize(item) : 0, consistency);
}

function consistencyOf(request: Json): Consistency {
  return request['ConsistentRead'] === true ? 'strong' : 'eventual';
}

function getsIn(input: Json): readonly Json[] {
  const items = input['TransactItems'];
  if (!Array.isArray(items) || items.length < 1 || items.length > LARGEST_TRANSACTION) {
    throw validationFailure(
      `1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length between 1 and ${LARGEST_TRANSACTION}`,
    );
  }
  return items.map((item: { readonly Get?: Json } | null) => {
    if (item?.Get === undefined) {
      throw validationFailure(
        "1 validation error detected: Value null at 'transactItems.member.get' failed to satisfy constraint: Member must not be null",
      );
    }
    return item.Get;
  });
}
