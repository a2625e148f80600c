import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { unavailable } from '../../domain/errors.ts';
import { encodeKeyPart } from '../../domain/object-key.ts';
import {
  limitsOf,
  type OwnLimits,
  type QuotaAmount,
  type QuotaLimits,
  refusalOf,
} from '../../domain/quota.ts';
import type { QuotaLedger, QuotaReservation, QuotaUsage } from '../../ports/quota-ledger.ts';
import { ledgerFailure } from './failures.ts';

export interface DynamoQuotaLedgerOptions {
  readonly client: DynamoDBClient;
  /** The table `ledger`. */
  readonly table: string;
}

type Item = Readonly<Record<string, AttributeValue>>;
type Values = Record<string, AttributeValue>;

/** How often a count is given back that others are giving back too, below what there is. */
const TRIES = 5;

/** What stands for a limit of the user's own that is none. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/**
 * Counts in DynamoDB, an item for each user. A reservation is one conditional update, outside of any
 * transaction, and so is what gives it back: two uploads of one user wait for nothing of each other.
 *
 * Conditions cannot add, so that an item holds, beside what is used, what is left of the user's own
 * limits; each update moves both, and what is left counts where there is such a limit.
 *
 * An update is no transaction with a token: one that got no answer is sent again by the SDK, or given up,
 * and may have been made. So a failure of the network, or a process that ends at the wrong moment, can
 * leave something counted twice, or counted for an upload that has come to nothing, or not given back, or
 * given back twice. Counts never fall below zero, and `tintype doctor` puts them right.
 */
export class DynamoQuotaLedger implements QuotaLedger {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor({ client, table }: DynamoQuotaLedgerOptions) {
    this.#client = client;
    this.#table = table;
  }

  async reserve(user_id: string, amount: QuotaAmount, defaults: QuotaLimits): Promise<QuotaReservation> {
    await this.#take(user_id, amount, defaults);
    const { images } = amount;
    let reserved = amount.bytes;
    return {
      resize: async (bytes) => {
        if (bytes > reserved)
          await this.#take(user_id, { images: 0, bytes: bytes - reserved }, defaults, reserved);
        else await this.giveBack(user_id, { images: 0, bytes: reserved - bytes });
        reserved = bytes;
      },
      // Records are counted nowhere else.
      willBe: () => {},
      keep: (bytes) => this.giveBack(user_id, { images: 0, bytes: reserved - bytes }),
      giveBack: () => this.giveBack(user_id, { images, bytes: reserved }),
    };
  }

  async giveBack(user_id: string, amount: QuotaAmount): Promise<void> {
    let { images, bytes } = amount;
    for (let tries = 1; images > 0 || bytes > 0; tries++) {
      const refused = await this.#change(
        user_id,
        { images: -images, bytes: -bytes },
        atLeast({ images, bytes }),
      );
      if (!refused) return;
      if (tries === TRIES) throw unavailable('The quota ledger cannot do this now.', refused.cause);
      const left = usageFromItem(refused.item);
      images = Math.min(images, left.images);
      bytes = Math.min(bytes, left.bytes);
    }
  }

  async usageOf(user_id: string): Promise<QuotaUsage> {
    const command = new GetItemCommand({ ...this.#at(user_id), ConsistentRead: true });
    try {
      const { Item } = await this.#client.send(command);
      return usageFromItem(Item);
    } catch (error) {
      throw ledgerFailure(error);
    }
  }

  async setLimits(user_id: string, { max_images, max_bytes }: OwnLimits): Promise<void> {
    const dimensions = [
      { name: 'images', max: max_images },
      { name: 'bytes', max: max_bytes },
    ];
    const set = ['#user = :user'];
    const remove: string[] = [];
    const values: Values = { ':user': { S: user_id } };
    for (const { name, max } of dimensions) {
      if (max === undefined) {
        remove.push(`#max_${name}`, `#${name}_left`);
        continue;
      }
      values[':zero'] = { N: '0' };
      values[`:max_${name}`] = { N: String(max ?? UNLIMITED) };
      set.push(`#max_${name} = :max_${name}`);
      set.push(`#${name}_left = :max_${name} - if_not_exists(#${name}, :zero)`);
    }
    await this.#update(user_id, {
      UpdateExpression: `SET ${set.join(', ')}${remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : ''}`,
      ExpressionAttributeValues: values,
    });
  }

  async correct(user_id: string, seen: QuotaAmount, counted: QuotaAmount): Promise<boolean> {
    const change = { images: counted.images - seen.images, bytes: counted.bytes - seen.bytes };
    return !(await this.#change(user_id, change, exactly(seen)));
  }

  /** @param had bytes that the same image has already, and that are left to it. */
  async #take(user_id: string, amount: QuotaAmount, defaults: QuotaLimits, had = 0): Promise<void> {
    const refused = await this.#change(user_id, amount, roomFor(amount, defaults));
    if (!refused) return;
    const { limits, ...used } = usageFromItem(refused.item);
    const others = { images: used.images, bytes: used.bytes - had };
    const wanted = { images: amount.images, bytes: amount.bytes + had };
    const refusal = refusalOf(others, wanted, limitsOf(limits, defaults));
    // The item was as it stands there when the condition failed.
    throw refusal ?? unavailable('The quota ledger contradicts itself.', refused.cause);
  }

  /** @returns what the item was, where the condition was not met. */
  #change(
    user_id: string,
    { images, bytes }: QuotaAmount,
    condition: Condition,
  ): Promise<Refused | undefined> {
    return this.#update(user_id, {
      UpdateExpression:
        'SET #user = :user ADD #images :images, #bytes :bytes, #images_left :less_images, #bytes_left :less_bytes',
      ...(condition.expression === '' ? {} : { ConditionExpression: condition.expression }),
      ExpressionAttributeValues: {
        ':user': { S: user_id },
        ':images': { N: String(images) },
        ':bytes': { N: String(bytes) },
        ':less_images': { N: String(-images) },
        ':less_bytes': { N: String(-bytes) },
        ...condition.values,
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  }

  async #update(user_id: string, change: Partial<UpdateItemCommandInput>): Promise<Refused | undefined> {
    const texts = `${change.UpdateExpression} ${change.ConditionExpression ?? ''}`;
    const names = Object.entries(NAMES).filter(([name]) => new RegExp(`${name}\\b`).test(texts));
    try {
      await this.#client.send(
        new UpdateItemCommand({
          ...this.#at(user_id),
          ...change,
          ExpressionAttributeNames: Object.fromEntries(names),
        }),
      );
      return undefined;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { item: error.Item, cause: error };
      throw ledgerFailure(error);
    }
  }

  #at(user_id: string) {
    return { TableName: this.#table, Key: { pk: { S: QUOTA_PREFIX + encodeKeyPart(user_id) } } };
  }
}

/** What the keys of these items begin with. */
export const QUOTA_PREFIX = 'QUOTA#';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html */
const NAMES = {
  '#user': 'user_id',
  '#images': 'images',
  '#bytes': 'bytes',
  '#images_left': 'images_left',
  '#bytes_left': 'bytes_left',
  '#max_images': 'max_images',
  '#max_bytes': 'max_bytes',
} as const;

interface Refused {
  readonly item: Item | undefined;
  readonly cause: unknown;
}

interface Condition {
  /** Empty: none. */
  readonly expression: string;
  readonly values: Values;
}

/** Of each limit of which something is asked, that there is so much left. */
function roomFor(amount: QuotaAmount, { max_images, max_bytes }: QuotaLimits): Condition {
  const asked = [
    { name: 'images', wanted: amount.images, max: max_images },
    { name: 'bytes', wanted: amount.bytes, max: max_bytes },
  ].filter(({ wanted }) => wanted > 0);
  const values: Values = {};
  const expressions = asked.map(({ name, wanted, max }) => {
    values[`:${name}_wanted`] = { N: String(wanted) };
    const ways = [`(attribute_exists(#max_${name}) AND #${name}_left >= :${name}_wanted)`];
    if (max === null) ways.push(`attribute_not_exists(#max_${name})`);
    else if (wanted <= max) {
      values[`:${name}_most`] = { N: String(max - wanted) };
      const fits = `(attribute_not_exists(#${name}) OR #${name} <= :${name}_most)`;
      ways.push(`(attribute_not_exists(#max_${name}) AND ${fits})`);
    }
    // Parentheses around parentheses are an error to DynamoDB.
    return ways.length > 1 ? `(${ways.join(' OR ')})` : ways.join();
  });
  return { expression: expressions.join(' AND '), values };
}

function atLeast({ images, bytes }: QuotaAmount): Condition {
  return {
    expression: '#images >= :images_back AND #bytes >= :bytes_back',
    values: { ':images_back': { N: String(images) }, ':bytes_back': { N: String(bytes) } },
  };
}

function exactly({ images, bytes }: QuotaAmount): Condition {
  const equals = (name: string, seen: number) =>
    seen === 0 ? `(attribute_not_exists(#${name}) OR #${name} = :${name}_seen)` : `#${name} = :${name}_seen`;
  return {
    expression: `${equals('images', images)} AND ${equals('bytes', bytes)}`,
    values: { ':images_seen': { N: String(images) }, ':bytes_seen': { N: String(bytes) } },
  };
}

/** What an item says; of one that is not there, that nothing is used. */
export function usageFromItem(item: Item | undefined): QuotaUsage {
  const limits = { max_images: limitFrom(item?.['max_images']), max_bytes: limitFrom(item?.['max_bytes']) };
  return { images: Number(item?.['images']?.N ?? 0), bytes: Number(item?.['bytes']?.N ?? 0), limits };
}

function limitFrom(value: AttributeValue | undefined): number | null | undefined {
  if (value?.N === undefined) return undefined;
  return Number(value.N) === UNLIMITED ? null : Number(value.N);
}
