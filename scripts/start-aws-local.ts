import { randomBytes } from 'node:crypto';
import { readInstallationNames } from '../service/src/config/storage.ts';
import { setUpAws } from '../service/src/drivers/aws/set-up.ts';
import { serveUntilStopped } from '../service/src/entry/serve.ts';
import { startEmulators } from '../service/test/emulators/emulators.ts';
import { connectBackends } from '../service/test/support/aws-backends.ts';
import { ON_EMULATORS } from '../service/test/support/aws-environment.ts';

/**
 * `npm run start:aws-local`: the AWS home on this machine, over emulators in this very process. What it
 * stores is in memory, and gone when it ends.
 */
const emulators = await startEmulators();
const { clients, sdkEnvironment, stop } = await connectBackends(ON_EMULATORS, {}, emulators);
const names = readInstallationNames(process.env);
const queueUrl = await setUpAws(clients, names, (line) => process.stdout.write(`${line}\n`));

Object.assign(process.env, {
  STORAGE: 'aws',
  IMAGES_BUCKET: names.bucket,
  JOBS_QUEUE_URL: queueUrl,
  SIGNING_SECRET: process.env['SIGNING_SECRET'] || randomBytes(32).toString('base64url'),
  ...(await sdkEnvironment()),
});
await serveUntilStopped();
await stop();
