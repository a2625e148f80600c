import { startBackends } from '../service/test/support/aws-backends.ts';
import { makeInstallation } from '../service/test/support/make-installation.ts';
import { measureCosts } from './cost-of-operations.ts';

/** `npm run bench:cost`: what each operation consumes on AWS, as the emulators count it by AWS's rules. */
const backends = await startBackends({});
const installation = await makeInstallation(backends, { name: 'tintype', queue: 'jobs' });
const counted = (requests: Readonly<Record<string, number>>) =>
  Object.entries(requests)
    .map(([kind, times]) => `${times} ${kind}`)
    .join(', ') || '-';
const cells = [['operation', 'read units', 'write units', 'DynamoDB', 'S3']];
for (const { operation, read_units, write_units, dynamodb, s3 } of await measureCosts(installation)) {
  cells.push([operation, String(read_units), String(write_units), counted(dynamodb), counted(s3)]);
}
process.stdout.write(`${cells.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`);
await backends.stop();
