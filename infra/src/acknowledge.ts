import { Aws, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Rules that do not hold for a construct and what is in it, each with the reason why. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  Validations.of(construct).acknowledge(...Object.entries(reasons).map(([id, reason]) => ({ id, reason })));
}

/** How the rules name a wildcard in a policy: with what only the deployment knows in angle brackets. */
export function wildcardOn(resource: string): string {
  const plain = resource
    .replaceAll(Aws.PARTITION, '<AWS::Partition>')
    .replaceAll(Aws.ACCOUNT_ID, '<AWS::AccountId>')
    .replaceAll(Aws.REGION, '<AWS::Region>');
  return `AwsSolutions-IAM5[Resource::${plain}]`;
}
