/** An attribute as it stands in DynamoDB's JSON: one member, named by its type. */
export interface AttributeValue {
  readonly S?: string;
  readonly N?: string;
  /** Base64. */
  readonly B?: string;
  readonly BOOL?: boolean;
  readonly NULL?: boolean;
  readonly SS?: readonly string[];
  readonly NS?: readonly string[];
  readonly BS?: readonly string[];
  readonly L?: readonly AttributeValue[];
  readonly M?: Item;
}

export type Item = Readonly<Record<string, AttributeValue>>;

export interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: 'HASH' | 'RANGE';
}

export interface IndexDescription {
  readonly IndexName: string;
  readonly KeySchema: readonly KeyElement[];
  readonly Projection: {
    readonly ProjectionType: 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
    readonly NonKeyAttributes?: readonly string[];
  };
}

export interface TableDescription {
  readonly TableName: string;
  readonly TableStatus: string;
  readonly KeySchema: readonly KeyElement[];
  readonly GlobalSecondaryIndexes?: readonly (IndexDescription & { readonly IndexStatus: string })[];
}

/** A request that has passed DynamoDB's checks of its form, with its expressions read. */
export interface ParsedInput {
  readonly TableName: string;
  readonly [member: string]: unknown;
}

/** A request or an answer, as JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** An answer other than 200, with the name by which clients know it. */
export class DynamoDbFailure extends Error {
  readonly code: string;
  /** What the answer says beside its message, such as the reasons of a cancellation. */
  readonly details: Json;

  constructor(code: string, message: string, details: Json = {}) {
    super(message);
    this.name = 'DynamoDbFailure';
    this.code = code;
    this.details = details;
  }
}

export function validationFailure(message: string): DynamoDbFailure {
  return new DynamoDbFailure('ValidationException', message);
}
