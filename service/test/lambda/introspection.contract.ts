import { expect, onTestFinished, test } from 'vitest';
import { type GatewayAnswer, restEvent } from '../support/gateway-events.ts';
import { INTROSPECTION_SECRET, startIntrospection } from '../support/introspection-server.ts';
import { startSecretsManager } from '../support/secrets-manager.ts';
import { JWT_ENVIRONMENT, tokenFor } from '../support/shared-secret.ts';
import { bodyOf, type Invoke } from './calls.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:introspection-AbCdEf';

/** Tokens that their issuer takes back, and admins who have not signed in as they must. */
export function describeIntrospection(invoke: Invoke): void {
  test('a function asks the issuer about each token, and what it has taken back is refused at once', async () => {
    const issuer = await startIntrospection();
    const secretsManager = await startSecretsManager(new Map([[ARN, INTROSPECTION_SECRET]]));
    onTestFinished(() => secretsManager.stop());
    const env = {
      ...JWT_ENVIRONMENT,
      INTROSPECTION_URL: issuer.url,
      INTROSPECTION_CLIENT_ID: 'tintype',
      INTROSPECTION_CLIENT_SECRET_ARN: ARN,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.endpoint,
    };
    const authorization = `Bearer ${await tokenFor('alice')}`;
    const event = restEvent({ method: 'GET', path: '/images', headers: { authorization } });
    const list = async () => (await invoke('list-images', event, env)) as GatewayAnswer;
    expect((await list()).statusCode).toBe(200);
    issuer.say({ active: true, scope: 'images:write' });
    expect((await list()).statusCode).toBe(403);
    issuer.say({ active: false });
    const refused = await list();
    expect([refused.statusCode, bodyOf(refused)['code']]).toEqual([401, 'unauthenticated']);
    issuer.answer((response) => response.writeHead(500).end());
    expect((await list()).statusCode).toBe(503);
    expect(issuer.questions).toHaveLength(4);
    expect(secretsManager.taken()).toEqual([ARN]);
  });

  test('a function asks admins for the sign-in that is set', async () => {
    const env = { ...JWT_ENVIRONMENT, ADMIN_ACR_VALUES: 'urn:example:mfa', ADMIN_MAX_AGE_SECONDS: '900' };
    const authorization = `Bearer ${await tokenFor('root', ['images:read', 'images:admin'])}`;
    const ask = async (name: 'list-webhooks' | 'list-images', path: string) =>
      (await invoke(
        name,
        restEvent({ method: 'GET', path, headers: { authorization } }),
        env,
      )) as GatewayAnswer;
    const refused = await ask('list-webhooks', '/webhooks');
    expect([refused.statusCode, bodyOf(refused)['code']]).toEqual([401, 'insufficient_user_authentication']);
    expect(refused.multiValueHeaders?.['www-authenticate']?.[0]).toContain(
      'acr_values="urn:example:mfa", max_age="900"',
    );
    expect((await ask('list-images', '/images')).statusCode).toBe(200);
  });
}
