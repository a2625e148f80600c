import type { DynaliteEngine } from './dynalite-engine.ts';
import { itemSize } from './item-size.ts';
import { checkReturnOnFailure, type ItemWrite } from './item-writes.ts';
import { type Item, type Json, type ParsedInput, validationFailure } from './model.ts';

const LARGEST_TRANSACTION = 100;
const LARGEST_PAYLOAD = 4 * 1024 * 1024;
const LONGEST_TOKEN = 36;

/** By which write of a single item each kind of step is done; a check is read as a delete, and never run. */
const KINDS = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'DeleteItem',
} as const satisfies Readonly<Record<string, ItemWrite>>;
type Kind = keyof typeof KINDS;

const REQUIRED: Readonly<Partial<Record<Kind, string>>> = {
  Update: 'UpdateExpression',
  ConditionCheck: 'ConditionExpression',
};

/** The members that a step may have; what single writes have beyond them does not exist here. */
const MEMBERS = [
  'TableName',
  'Item',
  'Key',
  'UpdateExpression',
  'ConditionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
];

export interface TransactionStep {
  readonly kind: Kind;
  readonly action: ItemWrite;
  readonly input: ParsedInput;
  readonly returnOnFailure: unknown;
}

/** The steps of a TransactWriteItems, or what is wrong with the form of the request. */
export function parseTransaction(engine: DynaliteEngine, input: Json): readonly TransactionStep[] {
  const { TransactItems: items, ClientRequestToken: token } = input;
  if (!Array.isArray(items) || items.length < 1)
    throw constraint('transactItems', 'greater than or equal to 1');
  if (items.length > LARGEST_TRANSACTION) {
    throw constraint('transactItems', `less than or equal to ${LARGEST_TRANSACTION}`);
  }
  if (
    token !== undefined &&
    (typeof token !== 'string' || token.length < 1 || token.length > LONGEST_TOKEN)
  ) {
    throw constraint('clientRequestToken', `less than or equal to ${LONGEST_TOKEN}`);
  }
  const steps = items.map((item: unknown, index) => parseStep(engine, item, index + 1));
  if (steps.reduce((total, { input: { Item: item } }) => total + sizeOf(item), 0) > LARGEST_PAYLOAD) {
    throw validationFailure('Transaction payload size cannot exceed 4MB');
  }
  return steps;
}

function parseStep(engine: DynaliteEngine, item: unknown, position: number): TransactionStep {
  const [entry, ...more] = Object.entries(item ?? {}).filter(([, value]) => value !== null);
  if (entry === undefined || more.length > 0 || !(entry[0] in KINDS)) {
    throw validationFailure('TransactItems can only contain one of ConditionCheck, Put, Update or Delete');
  }
  const [kind, given] = entry as [Kind, Json];
  const required = REQUIRED[kind];
  if (required !== undefined && given[required] === undefined) {
    const member = `${required.charAt(0).toLowerCase()}${required.slice(1)}`;
    throw validationFailure(
      `1 validation error detected: Value null at 'transactItems.${position}.member.${member}' failed to satisfy constraint: Member must not be null`,
    );
  }
  checkReturnOnFailure(given['ReturnValuesOnConditionCheckFailure']);
  const action = KINDS[kind];
  const known = structuredClone(
    Object.fromEntries(Object.entries(given).filter(([name]) => MEMBERS.includes(name))),
  );
  return {
    kind,
    action,
    input: engine.parse(action, known),
    returnOnFailure: given['ReturnValuesOnConditionCheckFailure'],
  };
}

function sizeOf(item: unknown): number {
  return item === undefined ? 0 : itemSize(item as Item);
}

function constraint(member: string, length: string) {
  return validationFailure(
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length ${length}`,
  );
}
