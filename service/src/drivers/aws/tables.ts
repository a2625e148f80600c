import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';

/** The names that one installation's tables have. */
export interface TableNames {
  readonly images: string;
  readonly listings: string;
  readonly ledger: string;
  readonly audit: string;
}

/** A table as DynamoDB's `CreateTable` takes it, and which attribute holds its items' expiry. */
export interface TableDefinition {
  readonly create: CreateTableCommandInput;
  readonly timeToLive?: string;
}

/** The index of `listings` and of `audit` over all users: everything that the table holds, by `gpk` and the same `sk`. */
export const EVERYONE_INDEX = 'everyone';

const attribute = (name: string) => ({ AttributeName: name, AttributeType: 'S' as const });
const hash = (name: string) => ({ AttributeName: name, KeyType: 'HASH' as const });
const range = (name: string) => ({ AttributeName: name, KeyType: 'RANGE' as const });

/** The one definition of the tables: for set-up, for tests and for the infrastructure. */
export function tableDefinitions(names: TableNames): Readonly<Record<keyof TableNames, TableDefinition>> {
  const onDemand = { BillingMode: 'PAY_PER_REQUEST' as const };
  const everyone = {
    IndexName: EVERYONE_INDEX,
    KeySchema: [hash('gpk'), range('sk')],
    Projection: { ProjectionType: 'ALL' as const },
  };
  return {
    images: {
      create: {
        ...onDemand,
        TableName: names.images,
        AttributeDefinitions: [attribute('image_id')],
        KeySchema: [hash('image_id')],
      },
    },
    listings: {
      create: {
        ...onDemand,
        TableName: names.listings,
        AttributeDefinitions: [attribute('pk'), attribute('sk'), attribute('gpk')],
        KeySchema: [hash('pk'), range('sk')],
        GlobalSecondaryIndexes: [everyone],
      },
      // Of its rows share links and what webhooks are told have one.
      timeToLive: 'expires_at',
    },
    ledger: {
      create: {
        ...onDemand,
        TableName: names.ledger,
        AttributeDefinitions: [attribute('pk')],
        KeySchema: [hash('pk')],
      },
      timeToLive: 'expires_at',
    },
    audit: {
      create: {
        ...onDemand,
        TableName: names.audit,
        AttributeDefinitions: [attribute('pk'), attribute('sk'), attribute('gpk')],
        KeySchema: [hash('pk'), range('sk')],
        GlobalSecondaryIndexes: [everyone],
      },
      timeToLive: 'expires_at',
    },
  };
}
