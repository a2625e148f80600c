import type { AttributeValue, Item } from './model.ts';

/** Every list and map carries this much, and each of its elements one byte. */
const COLLECTION_OVERHEAD = 3;
const ELEMENT_OVERHEAD = 1;

/**
 * The size of an item as DynamoDB charges for it:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemSize(item: Item): number {
  return sum(Object.entries(item), ([name, value]) => Buffer.byteLength(name) + valueSize(value));
}

function valueSize(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberSize(value.N);
  if (value.B !== undefined) return binarySize(value.B);
  if (value.SS !== undefined) return sum(value.SS, (member) => Buffer.byteLength(member));
  if (value.NS !== undefined) return sum(value.NS, numberSize);
  if (value.BS !== undefined) return sum(value.BS, binarySize);
  if (value.L !== undefined) {
    return COLLECTION_OVERHEAD + sum(value.L, (element) => ELEMENT_OVERHEAD + valueSize(element));
  }
  if (value.M !== undefined) {
    return COLLECTION_OVERHEAD + ELEMENT_OVERHEAD * Object.keys(value.M).length + itemSize(value.M);
  }
  return 1; // BOOL and NULL
}

/**
 * AWS says "approximately 1 byte per two significant digits, and 1 byte". Measured on DynamoDB itself, byte
 * by byte (CHANGELOG of github.com/nubo-db/dynoxide), the digits on each side of the point are paired by
 * themselves, and a minus sign takes a byte.
 */
function numberSize(text: string): number {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = whole + fraction;
  const first = digits.search(/[1-9]/);
  if (first < 0) return 1;
  const end = digits.replace(/0+$/, '').length;
  const point = whole.length + Number(exponent);
  const beforePoint = Math.max(0, Math.min(end, point) - first);
  const afterPoint = Math.max(0, end - Math.max(first, point));
  return 1 + Math.ceil(beforePoint / 2) + Math.ceil(afterPoint / 2) + (sign === '-' ? 1 : 0);
}

function binarySize(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}

function sum<T>(values: readonly T[], sizeOf: (value: T) => number): number {
  return values.reduce((total, value) => total + sizeOf(value), 0);
}
