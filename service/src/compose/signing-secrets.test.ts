import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../config/config.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { loadSigningSecrets } from './signing-secrets.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:tintype-AbCdEf';
const NEW = 'n'.repeat(32);
const OLD = 'o'.repeat(32);
const AWS = {
  STORAGE: 'aws',
  IMAGES_BUCKET: 'pictures',
  JOBS_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/jobs',
};

/** Stands in for Secrets Manager: what it answers next, and what it was asked. */
let server: Server;
let answer: { readonly status: number; readonly body: object };
let asked: unknown[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    asked.push({ target: request.headers['x-amz-target'], ...JSON.parse(await text(request)) });
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer.body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});

afterEach(() => {
  asked = [];
});

afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
});

const load = (variables: Readonly<Record<string, string>>) =>
  loadSigningSecrets(readConfig({ ...AWS, ...variables }));

describe('what page keys are signed with', () => {
  test('is the text of the secret at CURSOR_SECRET_ARN, newest first', async () => {
    answer = { status: 200, body: { SecretString: `${NEW},${OLD}` } };
    expect(await load({ CURSOR_SECRET_ARN: ARN })).toEqual([NEW, OLD]);
    expect(asked).toEqual([{ target: 'secretsmanager.GetSecretValue', SecretId: ARN }]);
  });

  test('is SIGNING_SECRET where that is set, and nobody is asked', async () => {
    expect(await load({ CURSOR_SECRET_ARN: ARN, SIGNING_SECRET: OLD })).toEqual([OLD]);
    expect(asked).toEqual([]);
  });

  test('is never taken from a secret that is too short: the start ends with a remedy', async () => {
    answer = { status: 200, body: { SecretString: 'short' } };
    const problem = /^The secret at CURSOR_SECRET_ARN must have at least 32 characters/;
    await expect(load({ CURSOR_SECRET_ARN: ARN })).rejects.toThrow(problem);
  });

  test.each([
    [
      'AccessDeniedException',
      'is not authorized',
      /could not be read: is not authorized\. See that it exists/,
    ],
    ['ResourceNotFoundException', "can't find it", /could not be read: can't find it\. See that it exists/],
  ])('ends the start with a remedy after %s', async (__type, message, sentence) => {
    answer = { status: 400, body: { __type, message } };
    const loading = load({ CURSOR_SECRET_ARN: ARN });
    await expect(loading).rejects.toBeInstanceOf(OperatorError);
    await expect(loading).rejects.toThrow(sentence);
  });

  test('is no secret of bytes', async () => {
    answer = { status: 200, body: { SecretBinary: 'AAAA' } };
    await expect(load({ CURSOR_SECRET_ARN: ARN })).rejects.toThrow(`The secret ${ARN} is not text.`);
  });
});
