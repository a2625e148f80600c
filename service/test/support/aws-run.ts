import { randomBytes } from 'node:crypto';
import { connectBackends } from './aws-backends.ts';
import { deleteEverything } from './aws-cleaning.ts';
import { type AwsService, placesOf } from './aws-environment.ts';

/** Before a run of `npm run test:aws`: the beginning of the names of all that it makes outside this process. */
export function setup(): void {
  const prefix = `tintype-test-${randomBytes(4).toString('hex')}-`;
  process.env['TINTYPE_TEST_RUN_PREFIX'] = prefix;
  process.stdout.write(`What this run makes is named ${prefix}...\n`);
}

/** After it: deletes all of that. */
export async function teardown(): Promise<void> {
  const prefix = process.env['TINTYPE_TEST_RUN_PREFIX'] ?? '';
  const places = placesOf(process.env);
  const backends = await connectBackends(places);
  const outside = <Client>(service: AwsService, client: Client) =>
    places[service].kind === 'emulator' ? {} : { [service]: client };
  const { dynamodb, s3, sqs } = backends.clients;
  try {
    const clients = { ...outside('dynamodb', dynamodb), ...outside('s3', s3), ...outside('sqs', sqs) };
    const deleted = await deleteEverything(clients, prefix);
    process.stdout.write(`Deleted of ${prefix}...: ${deleted.length} tables, buckets and queues.\n`);
  } finally {
    await backends.stop();
  }
}
