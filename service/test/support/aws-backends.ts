import type { SQSClient } from '@aws-sdk/client-sqs';
import { type AwsClients, createAwsClients, destroyAwsClients } from '../../src/drivers/aws/clients.ts';
import type { SdkSettings } from '../../src/drivers/aws/sdk-settings.ts';
import { createSqsClient } from '../../src/drivers/aws/sqs-client.ts';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION, type EmulatorCredentials } from '../emulators/credentials.ts';
import { type Emulators, startEmulators } from '../emulators/emulators.ts';
import {
  AWS_SERVICES,
  type AwsPlace,
  type AwsPlaces,
  type AwsService,
  accountAllowed,
  placesOf,
} from './aws-environment.ts';

export type AllClients = AwsClients & { readonly sqs: SQSClient };

/** What stands for AWS in this run, and the clients of it. */
export interface AwsBackends {
  readonly places: AwsPlaces;
  readonly clients: AllClients;
  /** Undefined where it is AWS's own. */
  readonly endpoints: Readonly<Record<AwsService, string | undefined>>;
  readonly region: string;
  /** The environment with which the AWS SDK of another process finds the same. */
  sdkEnvironment(): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Starts the emulators of what the environment leaves to them, and makes clients of everything. */
export async function startBackends(environment: Environment = process.env): Promise<AwsBackends> {
  const places = placesOf(environment);
  const emulated = AWS_SERVICES.some((service) => places[service].kind === 'emulator');
  return connectBackends(
    places,
    environment,
    emulated ? await startEmulators(staticCredentials(environment)) : undefined,
  );
}

/** Clients of what runs already: of emulators none, unless they are given. */
export async function connectBackends(
  places: AwsPlaces,
  environment: Environment = process.env,
  emulators?: Emulators,
): Promise<AwsBackends> {
  const endpoints = {
    dynamodb: endpointOf(places.dynamodb, emulators?.dynamodb.endpoint),
    s3: endpointOf(places.s3, emulators?.s3.endpoint),
    sqs: endpointOf(places.sqs, emulators?.s3.sqsEndpoint),
  };
  const settings = settingsOf(environment);
  const clients = clientsOf(settings, endpoints);
  const region = await clients.dynamodb.config.region();
  return {
    places,
    clients,
    endpoints,
    region,
    async sdkEnvironment() {
      const { accessKeyId, secretAccessKey, sessionToken } = await clients.dynamodb.config.credentials();
      return withoutGaps({
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
        AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
        AWS_ENDPOINT_URL_S3: endpoints.s3,
        AWS_ENDPOINT_URL_SQS: endpoints.sqs,
      });
    },
    async stop() {
      destroyAwsClients(clients);
      clients.sqs.destroy();
      await emulators?.stop();
    },
  };
}

function clientsOf(settings: SdkSettings, { dynamodb, s3, sqs }: AwsBackends['endpoints']): AllClients {
  const endpoints = withoutGaps({ dynamodb, s3 });
  return {
    // An engine on a laptop is slow under a burst: how long it takes is not what these tests are about.
    ...createAwsClients({ ...settings, silenceMs: 30_000, endpoints, s3PathStyle: s3 !== undefined }),
    sqs: createSqsClient({ ...settings, ...(sqs === undefined ? {} : { endpoint: sqs }) }),
  };
}

function endpointOf(place: AwsPlace, emulator: string | undefined): string | undefined {
  if (place.kind === 'account') return undefined;
  // Without an endpoint the SDK would go to AWS; nothing listens on port 9.
  return place.kind === 'engine' ? place.endpoint : (emulator ?? 'http://127.0.0.1:9');
}

/** With consent, all that the SDK finds by itself; without, only what stands in the environment. */
function settingsOf(environment: Environment): SdkSettings {
  if (accountAllowed(environment)) return {};
  return {
    region: environment['AWS_REGION'] || EMULATOR_REGION,
    credentials: staticCredentials(environment),
  };
}

function staticCredentials(environment: Environment): EmulatorCredentials & { sessionToken?: string } {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  if (!accessKeyId || !secretAccessKey) return EMULATOR_CREDENTIALS;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

function withoutGaps<Name extends string>(
  record: Readonly<Record<Name, string | undefined>>,
): Partial<Record<Name, string>> & Record<string, string> {
  const present = Object.entries<string | undefined>(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Partial<Record<Name, string>> & Record<string, string>;
}
