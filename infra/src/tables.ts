import { CfnDeletionPolicy, type Stack } from 'aws-cdk-lib';
import { CfnTable, type CfnTableProps } from 'aws-cdk-lib/aws-dynamodb';
import { type TableNames, tableDefinitions } from '../../service/src/drivers/aws/tables.ts';
import type { Stage } from './stages.ts';

/**
 * What a table tells of its changes where the stage has a search: the keys, for whoever then reads what is there. A
 * table that is there already takes it.
 */
const STREAMS: { readonly [Name in keyof TableNames]?: CfnTable.StreamSpecificationProperty } = {
  images: { streamViewType: 'KEYS_ONLY' },
};

/** The tables, from the definition that set-up and tests have, and what an account wants beside it. */
export function makeTables(
  stack: Stack,
  names: TableNames,
  { keepsData, search }: Stage,
): { readonly imagesStreamArn: string | undefined } {
  let imagesStreamArn: string | undefined;
  for (const [name, { create, timeToLive }] of Object.entries(tableDefinitions(names))) {
    const table = new CfnTable(stack, `${name[0]?.toUpperCase()}${name.slice(1)}Table`, {
      ...(uncapitalized(create) as CfnTableProps),
      ...(timeToLive === undefined
        ? {}
        : { timeToLiveSpecification: { attributeName: timeToLive, enabled: true } }),
      ...(search ? streamOf(name) : {}),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      sseSpecification: { sseEnabled: true },
      deletionProtectionEnabled: keepsData,
    });
    table.cfnOptions.deletionPolicy = keepsData ? CfnDeletionPolicy.RETAIN : CfnDeletionPolicy.DELETE;
    table.cfnOptions.updateReplacePolicy = table.cfnOptions.deletionPolicy;
    if (search && name === 'images') imagesStreamArn = table.attrStreamArn;
  }
  return { imagesStreamArn };
}

function streamOf(table: string): Pick<CfnTableProps, 'streamSpecification'> {
  const streamSpecification = Object.entries(STREAMS).find(([name]) => name === table)?.[1];
  return streamSpecification ? { streamSpecification } : {};
}

/** DynamoDB's `CreateTable` and CloudFormation name the same things; CDK begins them with a small letter. */
function uncapitalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(uncapitalized);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      `${name[0]?.toLowerCase()}${name.slice(1)}`,
      uncapitalized(inner),
    ]),
  );
}
