/** The parts of dynalite 4 that the emulator is built from; the package has no types of its own. */

declare module 'dynalite/db/index.js' {
  type Item = import('./dynamodb/model.ts').Item;
  type ParsedInput = import('./dynamodb/model.ts').ParsedInput;
  type TableDescription = import('./dynamodb/model.ts').TableDescription;

  export type Done<T> = (error: Error | null, value?: T) => void;

  export interface Store {
    getTable(name: string, unlessInTransit: boolean, done: Done<TableDescription>): void;
    getItemDb(table: string): { get(key: string, done: Done<Item>): void };
    readonly db: { close(done: Done<void>): void };
  }

  const db: {
    create(options: { createTableMs: number; deleteTableMs: number; updateTableMs: number }): Store;
    /** What is wrong with a key, or with the keys in an item; nothing where they fit the table. */
    validateKey(key: Item, table: TableDescription): Error | null | undefined;
    validateItem(item: Item, table: TableDescription): Error | null | undefined;
    /** Where dynalite files an item: equal for equal keys. */
    createKey(keyOrItem: Item, table: TableDescription): string;
    /** What is wrong with the condition of a parsed request, given the item as it is. */
    checkConditional(input: ParsedInput, item: Item | undefined): Error | null | undefined;
  };
  export default db;
}

declare module 'dynalite/validations/index.js' {
  type ParsedInput = import('./dynamodb/model.ts').ParsedInput;
  type Store = import('dynalite/db/index.js').Store;
  type CustomCheck = ((input: ParsedInput, store: Store) => string | undefined) | undefined;

  const validations: {
    checkTypes(input: unknown, types: object): ParsedInput;
    checkValidations(input: ParsedInput, types: object, custom: CustomCheck, store: Store): void;
  };
  export default validations;
}
