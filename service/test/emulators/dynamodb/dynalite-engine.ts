import { createRequire } from 'node:module';
import db, { type Done } from 'dynalite/db/index.js';
import validations from 'dynalite/validations/index.js';
import { DynamoDbFailure, type Item, type Json, type ParsedInput, type TableDescription } from './model.ts';

/** What dynalite does itself. What it lacks is built from these. */
export const DYNALITE_ACTIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
  'UpdateTable',
] as const;
export type DynaliteAction = (typeof DYNALITE_ACTIONS)[number];

const TABLE_CHANGES: ReadonlySet<DynaliteAction> = new Set(['CreateTable', 'UpdateTable', 'DeleteTable']);

type Store = ReturnType<typeof db.create>;

interface ActionModule {
  readonly run: (store: Store, input: ParsedInput, done: Done<Json>) => void;
  readonly types: object;
  readonly custom: Parameters<typeof validations.checkValidations>[2];
}

const require = createRequire(import.meta.url);
const MODULES = new Map(DYNALITE_ACTIONS.map((action) => [action, moduleFor(action)]));

/** dynalite's actions, called in this process, without its HTTP server. */
export class DynaliteEngine {
  readonly #store = db.create({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  /** As they were last read; emptied by every change to a table. */
  readonly #tables = new Map<string, TableDescription>();

  /** Checks the form of a request and reads its expressions. Takes the input over. */
  parse(action: DynaliteAction, input: Json): ParsedInput {
    const { types, custom } = moduleOf(action);
    try {
      const parsed = validations.checkTypes(input, types);
      validations.checkValidations(parsed, types, custom, this.#store);
      return parsed;
    } catch (error) {
      throw asFailure(error);
    }
  }

  async run(action: DynaliteAction, input: ParsedInput): Promise<Json> {
    if (TABLE_CHANGES.has(action)) this.#tables.clear();
    const output = await answer<Json>((done) => moduleOf(action).run(this.#store, input, done));
    return output ?? {};
  }

  async table(name: string): Promise<TableDescription> {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const table = await answer<TableDescription>((done) => this.#store.getTable(name, true, done));
    if (table === undefined) throw new Error(`dynalite answered nothing for the table ${name}.`);
    this.#tables.set(name, table);
    return table;
  }

  /** Whether there is such a table, and it or one of its indexes is still being made, changed or deleted. */
  async isInTransit(name: string): Promise<boolean> {
    try {
      const table = await answer<TableDescription>((done) => this.#store.getTable(name, false, done));
      const indexes = table?.GlobalSecondaryIndexes ?? [];
      return [table?.TableStatus, ...indexes.map(({ IndexStatus }) => IndexStatus)].some(
        (status) => status !== 'ACTIVE',
      );
    } catch (error) {
      if (error instanceof DynamoDbFailure && error.code === 'ResourceNotFoundException') return false;
      throw error;
    }
  }

  /** What an item is after a write has been run, where the write itself does not say it. */
  async itemAfter(
    action: DynaliteAction,
    input: ParsedInput,
    table: TableDescription,
    key: Item,
  ): Promise<Item | undefined> {
    if (action === 'PutItem') return input['Item'] as Item;
    return action === 'DeleteItem' ? undefined : this.itemAt(table, key);
  }

  /** The item as it is stored, whole. */
  itemAt(table: TableDescription, key: Item): Promise<Item | undefined> {
    return answer((done) => this.#store.getItemDb(table.TableName).get(db.createKey(key, table), done));
  }

  /** Equal for equal keys of one table. Fails where the key does not fit the table. */
  keyText(table: TableDescription, key: Item): string {
    const wrong = db.validateKey(key, table);
    if (wrong) throw asFailure(wrong);
    return db.createKey(key, table);
  }

  /** The key in an item. Fails where it is not whole. */
  keyOf(table: TableDescription, item: Item): Item {
    const wrong = db.validateItem(item, table);
    if (wrong) throw asFailure(wrong);
    const names = new Set(table.KeySchema.map(({ AttributeName }) => AttributeName));
    return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)));
  }

  /** Fails as a conditional write would, and writes nothing. */
  check(input: ParsedInput, item: Item | undefined): void {
    const wrong = db.checkConditional(input, item);
    if (wrong) throw asFailure(wrong);
  }

  async close(): Promise<void> {
    await answer<void>((done) => this.#store.db.close(done));
  }
}

function moduleFor(action: DynaliteAction): ActionModule {
  const name = `${action.charAt(0).toLowerCase()}${action.slice(1)}`;
  return {
    run: require(`dynalite/actions/${name}.js`) as ActionModule['run'],
    ...(require(`dynalite/validations/${name}.js`) as Pick<ActionModule, 'types' | 'custom'>),
  };
}

function moduleOf(action: DynaliteAction): ActionModule {
  const found = MODULES.get(action);
  if (found === undefined) throw new Error(`dynalite has no ${action}.`);
  return found;
}

function answer<T>(call: (done: Done<T>) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(asFailure(error)) : resolve(value)));
  });
}

/** dynalite's errors carry the answer; all others are faults of the emulator. */
function asFailure(error: unknown): unknown {
  const { body } = error as { readonly body?: { __type: string; message?: string; Message?: string } };
  if (body === undefined) return error;
  const [, code = body.__type] = body.__type.split('#');
  return new DynamoDbFailure(code, body.message ?? body.Message ?? '');
}
