import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { FUNCTIONS, type FunctionName } from '../../src/operations/manifest.ts';
import type { FunctionRow } from '../../src/operations/manifest-rows.ts';
import { type AwsOnEmulators, startAwsOnEmulators } from '../support/aws-emulators.ts';
import { rsaKeyPair } from '../support/cloudfront.ts';
import { startSecretsManager } from '../support/secrets-manager.ts';
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

describe('the secrets', () => {
  test.each(FUNCTIONS.map((row): [FunctionName, FunctionRow] => [row.name, row]))(
    'that %s reads at its start are those that the manifest comes to, and no others',
    async (name, row) => {
      const secrets = new Map([
        [arnOf('signing'), 's'.repeat(64)],
        [arnOf('edge'), EDGE_KEY],
      ]);
      const secretsManager = await startSecretsManager(secrets);
      onTestFinished(() => secretsManager.stop());
      const { SIGNING_SECRET: _unset, ...environment } = aws.environment;
      const started = {
        ...environment,
        PUBLIC_URL,
        ALLOW_ANONYMOUS: 'true',
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
      await import(new URL(`../../src/entry/lambda/${name}.ts`, import.meta.url).href);
      expect([...secretsManager.taken()].sort()).toEqual(
        secretsOf(row)
          .map(({ arn }) => arn)
          .sort(),
      );
    },
  );
});
