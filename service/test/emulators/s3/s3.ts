import type { AddressInfo } from 'node:net';
import { buildApp } from 'fauxqs';
import { BACKLOG, KEEP_ALIVE_MS } from '../connections.ts';
import { EMULATOR_CREDENTIALS, type EmulatorCredentials } from '../credentials.ts';
import { ObjectTags } from './object-tags.ts';
import { RequestMeter } from './request-meter.ts';
import { makeStrict } from './strict-app.ts';
import { createStores } from './strict-store.ts';

export interface S3Emulator {
  readonly endpoint: string;
  /** The same: S3 and SQS are told apart by their requests. */
  readonly sqsEndpoint: string;
  /** How often which action was asked for. */
  readonly meter: RequestMeter;
  stop(): Promise<void>;
}

/**
 * S3 and SQS in this process, on a free port of the loopback interface: fauxqs, which believes everything that
 * it is told, behind checks that do not. It answers to the credentials alone, with path-style URLs. What it does
 * not do as S3 does it refuses with 501: policies, ACLs, CORS, versions, tags in any way but PutObjectTagging and GetObjectTagging,
 * encryption, notifications, the listing of uploads.
 */
export async function startS3({
  accessKeyId,
  secretAccessKey,
}: EmulatorCredentials = EMULATOR_CREDENTIALS): Promise<S3Emulator> {
  const { stores, uploads } = await createStores();
  const app = buildApp({ logger: false, stores });
  const meter = new RequestMeter();
  const keys = { [accessKeyId]: secretAccessKey };
  const tags = new ObjectTags(stores.s3Store);
  makeStrict(app, { store: stores.s3Store, uploads, tags, meter, keys });
  app.server.keepAliveTimeout = KEEP_ALIVE_MS;
  await app.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG });
  const endpoint = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return { endpoint, sqsEndpoint: endpoint, meter, stop: () => app.close() };
}
