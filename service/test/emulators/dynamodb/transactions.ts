import { createHash } from 'node:crypto';
import { type Charge, chargeForRead, chargeForWrite, largerSize } from './capacity.ts';
import type { CapacityMeter } from './capacity-meter.ts';
import { consumedCapacity } from './consumed-capacity.ts';
import type { DynaliteEngine } from './dynalite-engine.ts';
import { isFailedCondition } from './item-writes.ts';
import { DynamoDbFailure, type Item, type Json, type TableDescription, validationFailure } from './model.ts';
import { parseTransaction, type TransactionStep } from './transaction-input.ts';

/** For so long the same token means the same request. */
const TOKEN_LIFE_MS = 600_000;

interface Target {
  readonly step: TransactionStep;
  readonly table: TableDescription;
  readonly key: Item;
}

/** What became of one step: done, and what it left, or the reason why not. */
type Outcome = { readonly target: Target | undefined; readonly before: Item | undefined } & (
  | { readonly done: true; readonly target: Target; readonly after: Item | undefined }
  | { readonly done: false; readonly reason: Json }
);
type Done = Extract<Outcome, { done: true }>;

interface Remembered {
  readonly at: number;
  readonly request: string;
  /** What a repetition reads. */
  readonly charges: readonly Charge[];
}

/**
 * TransactWriteItems over dynalite's own writes. It must run alone: between its first step and its last, and
 * while it takes back what it did, nobody may see the tables.
 */
export class Transactions {
  readonly #engine: DynaliteEngine;
  readonly #meter: CapacityMeter;
  readonly #now: () => number;
  readonly #remembered = new Map<string, Remembered>();

  constructor(engine: DynaliteEngine, meter: CapacityMeter, now: () => number) {
    this.#engine = engine;
    this.#meter = meter;
    this.#now = now;
  }

  async write(input: Json): Promise<Json> {
    const { ReturnConsumedCapacity: asked, ClientRequestToken: token } = input;
    const steps = parseTransaction(this.#engine, input);
    const request = createHash('sha256').update(JSON.stringify(input['TransactItems'])).digest('hex');
    const repeated = typeof token === 'string' ? this.#recall(token, request) : undefined;
    if (repeated !== undefined) {
      this.#meter.charge(repeated);
      return consumedCapacity(repeated, asked, 'transaction');
    }
    const outcomes = await this.#perform(await this.#targetsOf(steps));
    const done = outcomes.filter((outcome) => outcome.done);
    if (done.length < outcomes.length) {
      this.#meter.charge(chargesForNothing(outcomes));
      await Promise.all(done.map((outcome) => this.#takeBack(outcome)));
      throw cancellation(outcomes);
    }
    const charges = done.map(({ target: { table }, before, after }) =>
      chargeForWrite({ table, before, after, transactional: true }),
    );
    this.#meter.charge(charges);
    if (typeof token === 'string') {
      this.#remembered.set(token, { at: this.#now(), request, charges: readsOf(done) });
    }
    return consumedCapacity(charges, asked, 'transaction');
  }

  #recall(token: string, request: string): readonly Charge[] | undefined {
    for (const [known, { at }] of this.#remembered) {
      if (this.#now() - at < TOKEN_LIFE_MS) break; // All that follow came later.
      this.#remembered.delete(known);
    }
    const seen = this.#remembered.get(token);
    if (seen !== undefined && seen.request !== request) {
      throw new DynamoDbFailure(
        'IdempotentParameterMismatchException',
        'The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical.',
      );
    }
    return seen?.charges;
  }

  /** Where each step leads, or why it cannot. No two may lead to one item. */
  async #targetsOf(steps: readonly TransactionStep[]): Promise<readonly (Target | DynamoDbFailure)[]> {
    const targets: (Target | DynamoDbFailure)[] = [];
    const seen = new Set<string>();
    for (const step of steps) {
      const table = await this.#engine.table(step.input.TableName);
      try {
        const { Item: item, Key: key } = step.input as { readonly Item?: Item; readonly Key?: Item };
        const target = { step, table, key: item ? this.#engine.keyOf(table, item) : (key ?? {}) };
        const place = JSON.stringify([table.TableName, this.#engine.keyText(table, target.key)]);
        if (seen.has(place)) {
          throw validationFailure('Transaction request cannot include multiple operations on one item');
        }
        seen.add(place);
        targets.push(target);
      } catch (error) {
        if (!isValidation(error) || !isReason(error)) throw error;
        targets.push(error);
      }
    }
    return targets;
  }

  /**
   * Tries every step, so that each has its reason; what succeeded is taken back where another did not. No two
   * concern one item, so they need not wait for each other.
   */
  #perform(targets: readonly (Target | DynamoDbFailure)[]): Promise<readonly Outcome[]> {
    return Promise.all(
      targets.map((target): Outcome | Promise<Outcome> =>
        target instanceof DynamoDbFailure
          ? { done: false, target: undefined, before: undefined, reason: reasonOf(target) }
          : this.#performStep(target),
      ),
    );
  }

  async #performStep(target: Target): Promise<Outcome> {
    const { step, table, key } = target;
    const before = await this.#engine.itemAt(table, key);
    try {
      if (step.kind === 'ConditionCheck') {
        this.#engine.check(step.input, before);
        return { done: true, target, before, after: before };
      }
      await this.#engine.run(step.action, step.input);
      const after = await this.#engine.itemAfter(step.action, step.input, table, key);
      return { done: true, target, before, after };
    } catch (error) {
      if (isFailedCondition(error)) {
        const withItem = step.returnOnFailure === 'ALL_OLD' && before !== undefined;
        const reason = {
          Code: 'ConditionalCheckFailed',
          Message: error.message,
          ...(withItem && { Item: before }),
        };
        return { done: false, target, before, reason };
      }
      if (isValidation(error)) return { done: false, target, before, reason: reasonOf(error) };
      throw error;
    }
  }

  async #takeBack({ target: { step, table, key }, before }: Done): Promise<void> {
    if (step.kind === 'ConditionCheck') return;
    const TableName = table.TableName;
    if (before === undefined) await this.#engine.run('DeleteItem', { TableName, Key: key });
    else await this.#engine.run('PutItem', { TableName, Item: before });
  }
}

function isValidation(error: unknown): error is DynamoDbFailure {
  return error instanceof DynamoDbFailure && error.code === 'ValidationException';
}

/** Of what can be wrong with keys, these two are said of the whole request, all others of the step. */
function isReason({ message }: DynamoDbFailure): boolean {
  return !/multiple operations on one item|cannot contain an empty/.test(message);
}

function reasonOf({ message }: DynamoDbFailure): Json {
  return { Code: 'ValidationError', Message: message };
}

function cancellation(outcomes: readonly Outcome[]): DynamoDbFailure {
  const reasons = outcomes.map((outcome) => (outcome.done ? { Code: 'None' } : outcome.reason));
  const codes = reasons.map((reason) => reason['Code']).join(', ');
  return new DynamoDbFailure(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { CancellationReasons: reasons },
  );
}

/**
 * AWS charges for cancelled transactions and does not say what. This is the most that it can be: each item as
 * it was, twice, and nothing at the indexes, which never heard of it.
 */
function chargesForNothing(outcomes: readonly Outcome[]): readonly Charge[] {
  return outcomes.flatMap(({ target, before }) =>
    target ? [chargeForWrite({ table: target.table, before, after: before, transactional: true })] : [],
  );
}

/**
 * A repetition is charged as a transactional read of what the first call was charged for, as was measured on
 * DynamoDB itself: https://github.com/nubo-db/dynoxide/pull/188
 */
function readsOf(done: readonly Done[]): readonly Charge[] {
  return done.map(({ target: { table }, before, after }) =>
    chargeForRead(table.TableName, largerSize(before, after), 'transactional'),
  );
}
