import { writeFile } from 'node:fs/promises';
import { startBackends } from '../service/test/support/aws-backends.ts';
import { makeInstallation } from '../service/test/support/make-installation.ts';
import { FIGURES_FILE, measureFigures } from './measured-figures.ts';

/**
 * `npm run bench:cost`: what each operation consumes on AWS, as the emulators count it by AWS's rules.
 * With `-- --write` also into the file that `npm run tintype -- cost` reckons with.
 */
const backends = await startBackends({});
const installation = await makeInstallation(backends, { name: 'tintype', queue: 'jobs' });
const counted = (requests: Readonly<Record<string, number>>) =>
  Object.entries(requests)
    .map(([kind, times]) => `${times} ${kind}`)
    .join(', ') || '-';
const figures = await measureFigures(installation);
if (process.argv.includes('--write')) {
  await writeFile(FIGURES_FILE, `${JSON.stringify(figures, null, 2)}\n`);
}
const cells = [['operation', 'read units', 'write units', 'DynamoDB', 'S3']];
for (const [operation, { read_units, write_units, dynamodb, s3 }] of Object.entries(figures.operations)) {
  cells.push([operation, String(read_units), String(write_units), counted(dynamodb), counted(s3)]);
}
process.stdout.write(`${cells.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n\n`);
for (const [tags, { images, listings, everyone }] of Object.entries(figures.stored_bytes)) {
  const total = images + listings + everyone;
  process.stdout.write(
    `stored for an image with ${tags} tags: ${total} bytes ` +
      `(record ${images}, rows ${listings}, their copies in the index ${everyone})\n`,
  );
}
process.stdout.write(`stored for an event of the audit: ${figures.stored_event_bytes} bytes, twice\n`);
await backends.stop();
