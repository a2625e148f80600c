import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { itemFromEvent } from '../service/src/drivers/aws/audit-item.ts';
import { type Item, itemFromRecord, rowsOf } from '../service/src/drivers/aws/image-item.ts';
import { tagsOf, usualEvent, usualRecord } from './usual-record.ts';

/** What an image takes in DynamoDB: in the tables, and in the index, which holds every row once more. */
export interface StoredBytes {
  readonly images: number;
  readonly listings: number;
  readonly everyone: number;
}

/**
 * What every item takes beside its attributes, for billing:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
const OVERHEAD = 100;

/** The size of the very items that the driver writes for a usual image with so many tags. */
export function storedBytes(tags: number): StoredBytes {
  const record = usualRecord({ tags: tagsOf(tags) });
  const bucket = 'tintype-prod-images-123456789012-us-east-1';
  const listings = rowsOf(record, 4).reduce((sum, { item }) => sum + sizeOf(item) + OVERHEAD, 0);
  return { images: sizeOf(itemFromRecord(record, bucket)) + OVERHEAD, listings, everyone: listings };
}

/** The size of what is kept of a change for the audit, which its index has once more. */
export function storedEventBytes(): number {
  return sizeOf(itemFromEvent(usualEvent({}), 4, 365)) + OVERHEAD;
}

/** The bytes of an item's names and values, by the rules of the page above. */
export function sizeOf(item: Item): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value),
    0,
  );
}

function valueSize(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return Math.ceil(value.N.replaceAll(/\D/g, '').length / 2) + 1;
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1;
  if (value.L !== undefined) return value.L.reduce((sum, one) => sum + valueSize(one) + 1, 3);
  if (value.M !== undefined) {
    return Object.entries(value.M).reduce(
      (sum, [name, one]) => sum + Buffer.byteLength(name) + valueSize(one) + 1,
      3,
    );
  }
  throw new Error('No item of ours has a value of another kind.');
}
