import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { DomainError, unavailable } from '../../domain/errors.ts';
import { leaseHolds } from '../../domain/lease.ts';
import { encodeKeyPart } from '../../domain/object-key.ts';
import type {
  Attempt,
  IdempotencyKeys,
  KeptAnswer,
  KeyState,
  ScopedKey,
} from '../../ports/idempotency-keys.ts';
import { ledgerFailure } from './failures.ts';

export interface DynamoIdempotencyKeysOptions {
  readonly client: DynamoDBClient;
  /** The table `ledger`. */
  readonly table: string;
}

type Item = Record<string, AttributeValue>;

/** The key as it is stored, with times in milliseconds: the item's own `expires_at` is for the table's TTL. */
interface StoredKey {
  readonly attempt_id: string;
  readonly image_id: string;
  readonly takeovers: number;
  readonly lease_until: number;
  readonly expires_at: number;
  readonly answer: KeptAnswer | undefined;
}

/** Between a look at the key and the step that follows from it others may come: so often is it tried anew. */
const TRIES = 5;

/** As short as they can be: an answered key of a usual image is to be two units. */
const NAMES = {
  '#expires': 'expires_at',
  '#until': 'expires_ms',
  '#attempt': 'attempt_id',
  '#lease': 'lease_until',
  '#takeovers': 'takeovers',
  '#fingerprint': 'fingerprint',
  '#content': 'content',
} as const;

const HELD = '#attempt = :attempt';
const HELD_UNANSWERED = `${HELD} AND attribute_not_exists(#fingerprint)`;

/** Keys in the table `ledger`: each step is one conditional write of one item, and no transaction. */
export class DynamoIdempotencyKeys implements IdempotencyKeys {
  readonly #options: DynamoIdempotencyKeysOptions;

  constructor(options: DynamoIdempotencyKeysOptions) {
    this.#options = options;
  }

  async begin(key: ScopedKey, attempt: Attempt, now: number): Promise<KeyState> {
    for (let tries = 0; tries < TRIES; tries++) {
      const stored = await this.#take(key, attempt, now);
      if (!stored) return { state: 'begun', image_id: attempt.image_id, takeovers: 0 };
      const { image_id, takeovers, lease_until, answer } = stored;
      if (answer) return { state: 'answered', answer };
      // The SDK has sent it twice, and the first was written.
      if (stored.attempt_id === attempt.attempt_id) return { state: 'begun', image_id, takeovers };
      if (leaseHolds(stored, attempt, now)) return { state: 'in_flight', lease_until };
      if (await this.#takeOver(key, attempt, stored)) {
        return { state: 'begun', image_id, takeovers: takeovers + 1 };
      }
    }
    throw unavailable('The ledger cannot do this now.', new Error('The key changed at every look at it.'));
  }

  async answer(key: ScopedKey, attempt_id: string, { fingerprint, content }: KeptAnswer): Promise<void> {
    const kept = await this.#update(key, {
      UpdateExpression: 'SET #fingerprint = :fingerprint, #content = :content',
      ConditionExpression: HELD,
      ExpressionAttributeNames: namesOf('#fingerprint', '#content', '#attempt'),
      ExpressionAttributeValues: {
        ':fingerprint': { S: fingerprint },
        ':content': { S: JSON.stringify(content ?? null) },
        ':attempt': { S: attempt_id },
      },
    });
    if (!kept) throw new DomainError('conflict', 'Another request has taken over the idempotency key.');
  }

  async free(key: ScopedKey, attempt_id: string): Promise<void> {
    const { client, table } = this.#options;
    const command = new DeleteItemCommand({
      TableName: table,
      Key: primaryKey(key),
      ConditionExpression: HELD_UNANSWERED,
      ExpressionAttributeNames: namesOf('#fingerprint', '#attempt'),
      ExpressionAttributeValues: { ':attempt': { S: attempt_id } },
    });
    await unlessRefused(() => client.send(command));
  }

  async release(key: ScopedKey, attempt_id: string): Promise<void> {
    await this.#update(key, {
      UpdateExpression: 'SET #lease = :ended',
      ConditionExpression: HELD_UNANSWERED,
      ExpressionAttributeNames: namesOf('#lease', '#fingerprint', '#attempt'),
      ExpressionAttributeValues: { ':ended': { N: '0' }, ':attempt': { S: attempt_id } },
    });
  }

  /** @returns what lies under the key already; undefined where the attempt has it now. */
  async #take(key: ScopedKey, attempt: Attempt, now: number): Promise<StoredKey | undefined> {
    const { client, table } = this.#options;
    const command = new PutItemCommand({
      TableName: table,
      Item: {
        ...primaryKey(key),
        image_id: { S: attempt.image_id },
        takeovers: { N: '0' },
        attempt_id: { S: attempt.attempt_id },
        lease_until: { N: String(attempt.lease_until) },
        ...expiryOf(attempt),
      },
      ConditionExpression: 'attribute_not_exists(#attempt) OR #until <= :now',
      ExpressionAttributeNames: namesOf('#attempt', '#until'),
      ExpressionAttributeValues: { ':now': { N: String(now) } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const refused = await unlessRefused(() => client.send(command));
    return refused && storedKey(refused.Item ?? {});
  }

  /** False when somebody else has been quicker. */
  #takeOver(key: ScopedKey, attempt: Attempt, before: StoredKey): Promise<boolean> {
    const { expires_at, expires_ms } = expiryOf(attempt);
    return this.#update(key, {
      UpdateExpression:
        'SET #attempt = :attempt, #lease = :lease, #takeovers = :takeovers, #expires = :expires, #until = :until',
      ConditionExpression: '#attempt = :before AND attribute_not_exists(#fingerprint)',
      ExpressionAttributeNames: namesOf(
        '#attempt',
        '#lease',
        '#takeovers',
        '#expires',
        '#until',
        '#fingerprint',
      ),
      ExpressionAttributeValues: {
        ':attempt': { S: attempt.attempt_id },
        ':lease': { N: String(attempt.lease_until) },
        ':takeovers': { N: String(before.takeovers + 1) },
        ':expires': expires_at,
        ':until': expires_ms,
        ':before': { S: before.attempt_id },
      },
    });
  }

  /** False when the condition does not hold. */
  async #update(key: ScopedKey, change: Change): Promise<boolean> {
    const { client, table } = this.#options;
    const command = new UpdateItemCommand({ TableName: table, Key: primaryKey(key), ...change });
    return (await unlessRefused(() => client.send(command))) === undefined;
  }
}

interface Change {
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Item;
}

/** User-made parts are percent-encoded, so that `#` parts nothing but what we part. */
function primaryKey({ scope, key }: ScopedKey) {
  return { pk: { S: `IDEM#${encodeKeyPart(scope)}#${encodeKeyPart(key)}` } };
}

function expiryOf({ expires_at }: Attempt) {
  return {
    expires_at: { N: String(Math.ceil(expires_at / 1000)) },
    expires_ms: { N: String(expires_at) },
  };
}

function namesOf(...names: readonly (keyof typeof NAMES)[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, NAMES[name]]));
}

function storedKey(item: Item): StoredKey {
  const { attempt_id, image_id, takeovers, lease_until, expires_ms, fingerprint, content } = item;
  return {
    attempt_id: attempt_id?.S ?? '',
    image_id: image_id?.S ?? '',
    takeovers: Number(takeovers?.N ?? 0),
    lease_until: Number(lease_until?.N ?? 0),
    expires_at: Number(expires_ms?.N ?? 0),
    answer:
      fingerprint?.S === undefined
        ? undefined
        : { fingerprint: fingerprint.S, content: JSON.parse(content?.S ?? 'null') },
  };
}

/** Undefined when it is written, the refusal when its condition does not hold. */
async function unlessRefused(
  send: () => Promise<unknown>,
): Promise<ConditionalCheckFailedException | undefined> {
  try {
    await send();
    return undefined;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return error;
    throw ledgerFailure(error);
  }
}
