import { FUNCTIONS } from '../../../service/src/operations/manifest.ts';
import { permissionsOf, queueFeeding, RESOURCES, type Resource, WILDCARDS } from '../permissions.ts';
import { table } from './table.ts';

/** The things' ARNs; what a deployment knows is in braces. */
const ARNS: Readonly<Record<Resource, string>> = {
  images: 'arn:{partition}:dynamodb:{region}:{account}:table/tintype-{stage}-images',
  listings: 'arn:{partition}:dynamodb:{region}:{account}:table/tintype-{stage}-listings',
  everyone: 'arn:{partition}:dynamodb:{region}:{account}:table/tintype-{stage}-listings/index/everyone',
  ledger: 'arn:{partition}:dynamodb:{region}:{account}:table/tintype-{stage}-ledger',
  audit: 'arn:{partition}:dynamodb:{region}:{account}:table/tintype-{stage}-audit',
  'audit-everyone': 'arn:{partition}:dynamodb:{region}:{account}:table/tintype-{stage}-audit/index/everyone',
  bucket: 'arn:{partition}:s3:::tintype-{stage}-images-{account}-{region}',
  objects: 'arn:{partition}:s3:::tintype-{stage}-images-{account}-{region}/*',
  uploads: 'arn:{partition}:s3:::tintype-{stage}-images-{account}-{region}/.uploads/*',
  jobs: 'arn:{partition}:sqs:{region}:{account}:tintype-{stage}-jobs',
  'announce-event': 'arn:{partition}:sqs:{region}:{account}:tintype-{stage}-jobs-announce-event',
  'process-image': 'arn:{partition}:sqs:{region}:{account}:tintype-{stage}-jobs-process-image',
  'withdraw-image': 'arn:{partition}:sqs:{region}:{account}:tintype-{stage}-jobs-withdraw-image',
  'erase-images': 'arn:{partition}:sqs:{region}:{account}:tintype-{stage}-jobs-erase-images',
  'sync-search': 'arn:{partition}:sqs:{region}:{account}:tintype-{stage}-jobs-sync-search',
  'images-stream': 'arn:{partition}:dynamodb:{region}:{account}:table/tintype-{stage}-images/stream/*',
  'lost-changes': 'arn:{partition}:sqs:{region}:{account}:tintype-{stage}-lost-changes',
  'search-find': 'arn:{partition}:es:{region}:{account}:domain/tintype-{stage}/tintype-images/_search',
  'search-write': 'arn:{partition}:es:{region}:{account}:domain/tintype-{stage}/tintype-images/_bulk',
  'search-make': 'arn:{partition}:es:{region}:{account}:domain/tintype-{stage}/tintype-images-v1',
  arrivals: 'arn:{partition}:sqs:{region}:{account}:tintype-{stage}-uploads',
  signing: 'arn:{partition}:secretsmanager:{region}:{account}:secret:tintype-{stage}-signing-{suffix}',
  edgeKey: '{private_key_arn}',
  introspection: '{introspection_secret_arn}',
  distribution: 'arn:{partition}:cloudfront::{account}:distribution/{distribution_id}',
  log: 'arn:{partition}:logs:{region}:{account}:log-group:/aws/lambda/tintype-{stage}-{function}:*',
  traces: '*',
};

/** docs/permissions.md: what each function may do, from the manifest of operations. */
export function permissionsPage(): string {
  const rows = FUNCTIONS.flatMap((row) =>
    permissionsOf(row, queueFeeding(row)).map(({ actions, resource }) => [
      row.name,
      actions.map((action) => `\`${action}\``).join(', '),
      RESOURCES[resource],
      WILDCARDS[resource] ?? '',
    ]),
  );
  const used = new Set(rows.map(([, , thing]) => thing));
  const things = Object.entries(RESOURCES)
    .filter(([, thing]) => used.has(thing))
    .map(([resource, thing]) => [thing, `\`${ARNS[resource as Resource]}\``]);
  return `# Permissions

Written by \`npm run pages\` from the manifest of operations (\`service/src/operations/manifest.ts\`); tests hold it
against the templates, and the manifest against what each operation really calls. Do not edit it by hand.

Each function has a role of its own, which may do what is said here and nothing else: no action is a wildcard, and a
resource is one only where the last column says why. \`s3:GetObject\` stands also for presigned URLs, which can do what
their signer may, and for \`HEAD\`; \`s3:PutObject\` for presigned uploads, for parts and what joins them, and for copies,
which need \`s3:GetObject\` on what they copy; \`s3:ListBucket\` turns S3's 403 for a missing object into a true 404. Writes
in a transaction need what the single ones need. \`render-missing\` is there only where the stage has an edge,
\`sync-search\` only where it has a search, and \`list-images\` may read several records and the search index only there.

${table(['Function', 'May', 'On', 'Why a wildcard'], rows)}

## The things

What only a deployment knows is in braces; \`{function}\` is the function of the row, and \`{private_key_arn}\` and
\`{introspection_secret_arn}\` the secrets and \`{distribution_id}\` the distribution that the stage names in its settings (\`infra/src/stages.ts\`).

${table(['Thing', 'ARN'], things)}
`;
}
