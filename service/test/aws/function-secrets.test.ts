import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { FUNCTIONS, type FunctionName } from '../../src/operations/manifest.ts';
import type { FunctionRow, OperationRow } from '../../src/operations/manifest-rows.ts';
import { type AwsOnEmulators, startAwsOnEmulators } from '../support/aws-emulators.ts';
import { rsaKeyPair } from '../support/cloudfront.ts';
import { restEvent } from '../support/gateway-events.ts';
import { INTROSPECTION_SECRET, startIntrospection } from '../support/introspection-server.ts';
import { startSecretsManager } from '../support/secrets-manager.ts';
import { JWT_ENVIRONMENT, tokenFor } from '../support/shared-secret.ts';
import { installStreaming } from '../support/streamed-answers.ts';
import { arnOf, secretsOf } from './secrets-of-functions.ts';

const PUBLIC_URL = 'https://api.example.com';

/** Making one takes a tenth of a second. */
const EDGE_KEY = rsaKeyPair().privateKey;

let aws: AwsOnEmulators;
beforeAll(async () => {
  aws = await startAwsOnEmulators();
});
afterAll(() => aws.stop());

const arnsOf = (row: FunctionRow | OperationRow, when: 'at the start' | 'for a token') =>
  secretsOf(row)
    .filter(({ read }) => read === when)
    .map(({ arn }) => arn)
    .sort();

describe('the secrets', () => {
  test.each(FUNCTIONS.map((row): [FunctionName, FunctionRow | OperationRow] => [row.name, row]))(
    'that %s reads at its start, and to ask about a token, are those that the manifest comes to, and no others',
    async (name, row) => {
      const secrets = new Map([
        [arnOf('signing'), 's'.repeat(64)],
        [arnOf('edge'), EDGE_KEY],
        [arnOf('introspection'), `${INTROSPECTION_SECRET}\n`],
      ]);
      const introspection = await startIntrospection();
      const secretsManager = await startSecretsManager(secrets);
      onTestFinished(() => secretsManager.stop());
      const { SIGNING_SECRET: _unset, ...environment } = aws.environment;
      const started = {
        ...environment,
        PUBLIC_URL,
        ...{ LOG_LEVEL: 'silent', METRICS: 'off' },
        ...JWT_ENVIRONMENT,
        INTROSPECTION_URL: introspection.url,
        INTROSPECTION_CLIENT_ID: 'tintype',
        INTROSPECTION_CLIENT_SECRET_ARN: arnOf('introspection'),
        CURSOR_SECRET_ARN: arnOf('signing'),
        CDN_URL: 'https://d111111abcdef8.cloudfront.net',
        CDN_KEY_PAIR_ID: 'K2JCJMDEHXQW5F',
        CDN_PRIVATE_KEY_ARN: arnOf('edge'),
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.endpoint,
      };
      for (const [variable, value] of Object.entries(started)) vi.stubEnv(variable, value);
      onTestFinished(() => {
        vi.unstubAllEnvs();
      });
      installStreaming();
      vi.resetModules();
      const { handler } = await import(new URL(`../../src/entry/lambda/${name}.ts`, import.meta.url).href);
      expect([...secretsManager.taken()].sort()).toEqual(arnsOf(row, 'at the start'));
      if (!('method' in row)) return;
      const token = `Bearer ${await tokenFor('mallory', [])}`;
      const path = row.path.replaceAll(/\{\w+\}/g, 'one');
      const call = handler as (event: object) => Promise<unknown>;
      for (let times = 0; times < 2; times++) {
        await call(restEvent({ method: row.method, path, headers: { authorization: token } }));
      }
      const asked = arnsOf(row, 'for a token');
      expect(secretsManager.taken()).toEqual(asked);
      // With the secret alone, and not the end of its line.
      const credentials = `tintype:${new URLSearchParams({ '': INTROSPECTION_SECRET }).toString().slice(1)}`;
      const basic = `Basic ${Buffer.from(credentials).toString('base64')}`;
      expect(introspection.questions.map(({ headers }) => headers.authorization)).toEqual(
        asked.length === 0 ? [] : [basic, basic],
      );
    },
  );
});
