import type { FunctionRow, OperationRow } from '../../src/operations/manifest-rows.ts';
import type { Need } from './needs-of-calls.ts';

/** What the manifest does not say in so many words needs no word of it. */
type SecretNeed = Pick<Need, 'granted'> & Partial<Need>;

/** The ARN of a secret of the tests. */
export const arnOf = (name: string) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-AbCdEf`;
const GET_SECRET = 'secretsmanager:GetSecretValue';

/** What a function reads where there is an edge, and where the issuer is asked; elsewhere the first alone. */
export function secretsOf(row: FunctionRow | OperationRow): readonly {
  readonly arn: string;
  readonly need: SecretNeed;
  /** At its start, or when a token is first shown to it. */
  readonly read: 'at the start' | 'for a token';
}[] {
  const { touches } = row;
  const introspection = { granted: [`${GET_SECRET} on introspection`] };
  const asks = 'scope' in row && row.scope !== 'open';
  const signing = { touch: 'signing:read', granted: [`${GET_SECRET} on signing`] };
  const edgeKey = { touch: 'objects:presign-read', granted: [`${GET_SECRET} on edgeKey`] };
  return [
    ...(touches.signing === 'read'
      ? [{ arn: arnOf('signing'), need: signing, read: 'at the start' as const }]
      : []),
    ...(touches.objects?.includes('presign-read')
      ? [{ arn: arnOf('edge'), need: edgeKey, read: 'at the start' as const }]
      : []),
    ...(asks ? [{ arn: arnOf('introspection'), need: introspection, read: 'for a token' as const }] : []),
  ];
}
