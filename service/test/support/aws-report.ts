import type { Reporter, TestModule } from 'vitest/node';
import { connectBackends } from './aws-backends.ts';
import { AWS_SERVICES, type AwsPlace, type AwsService, placesOf } from './aws-environment.ts';
import './aws-task-meta.ts';

const TITLES: Readonly<Record<AwsService, string>> = { dynamodb: 'DynamoDB', s3: 'S3', sqs: 'SQS' };

/** At the end of `npm run test:aws`: which backends ran, and how many tests asked them for something. */
export default class AwsReport implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const places = placesOf(process.env);
    const lines = [];
    for (const service of AWS_SERVICES) {
      const what = await nameOf(places[service]);
      lines.push(`  ${TITLES[service].padEnd(8)} ${what}: ${countsOf(service, modules)}\n`);
    }
    process.stdout.write(`\nBackends of this run\n${lines.join('')}`);
  }
}

function countsOf(service: AwsService, modules: readonly TestModule[]): string {
  let [tests, failed, requests] = [0, 0, 0];
  for (const test of modules.flatMap((module) => [...module.children.allTests()])) {
    const sent = test.meta().aws?.[service] ?? 0;
    if (sent === 0) continue;
    requests += sent;
    tests++;
    if (test.result().state === 'failed') failed++;
  }
  return `${tests} tests, ${failed} of them failed, ${requests} requests`;
}

async function nameOf(place: AwsPlace): Promise<string> {
  if (place.kind === 'emulator') return 'in-process emulator';
  if (place.kind === 'engine') return `${place.endpoint} (${await identityOf(place.endpoint)})`;
  const { region, stop } = await connectBackends(placesOf(process.env));
  await stop();
  return `AWS, ${region}`;
}

/** What an engine says that it is: there is no common way to ask. */
async function identityOf(endpoint: string): Promise<string> {
  try {
    const health = await fetch(`${endpoint}/_localstack/health`, { redirect: 'manual' });
    const localstack = /"version":\s*"([^"]+)"/.exec(health.ok ? await health.text() : '')?.[1];
    if (localstack !== undefined) return `LocalStack ${localstack}`;
    const { headers } = await fetch(endpoint, { redirect: 'manual' });
    const server = headers.get('server');
    if (server !== null) return `Server: ${server}`;
    const request = headers.get('x-amz-request-id') ?? headers.get('x-amzn-requestid') ?? 'none';
    return `no Server header; request id ${request}`;
  } catch (error) {
    return `no answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}
