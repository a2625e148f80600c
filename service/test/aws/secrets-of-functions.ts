import type { FunctionRow } from '../../src/operations/manifest-rows.ts';
import type { Need } from './needs-of-calls.ts';

/** The ARN of a secret of the tests. */
export const arnOf = (name: string) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-AbCdEf`;
const GET_SECRET = 'secretsmanager:GetSecretValue';

/** What a function reads at its start where there is an edge; elsewhere the first alone. */
export function secretsOf({
  touches,
}: FunctionRow): readonly { readonly arn: string; readonly need: Need }[] {
  const signing = { touch: 'signing:read', granted: [`${GET_SECRET} on signing`] };
  const edgeKey = { touch: 'objects:presign-read', granted: [`${GET_SECRET} on edgeKey`] };
  return [
    ...(touches.signing === 'read' ? [{ arn: arnOf('signing'), need: signing }] : []),
    ...(touches.objects?.includes('presign-read') ? [{ arn: arnOf('edge'), need: edgeKey }] : []),
  ];
}
