import { describe, expect, test } from 'vitest';
import { SCOPES } from '../../service/src/domain/caller.ts';

import { Synthesized, sorted } from './support/templates.ts';
import { VARIANTS } from './support/variants.ts';

const TYPES = [
  'AWS::Cognito::UserPool',
  'AWS::Cognito::UserPoolResourceServer',
  'AWS::Cognito::UserPoolDomain',
  'AWS::Cognito::UserPoolClient',
  'AWS::ApiGateway::Authorizer',
];

const closed = VARIANTS.filter((variant) => new Synthesized(variant).stage.auth === 'cognito');
const others = VARIANTS.filter((variant) => !closed.includes(variant));

test.each(others)(
  'where there is no pool of ours there are no users, and the gateway asks nobody: %s',
  (variant) => {
    const made = new Synthesized(variant);
    for (const type of TYPES) expect(made.resources('service', type)).toEqual([]);
  },
);

describe.each(closed)('the users of %s', (variant) => {
  const made = new Synthesized(variant);
  const pool = made.only('service', 'AWS::Cognito::UserPool');

  test('are let in by somebody, may have a second factor, and have long passwords', () => {
    expect(pool.Properties).toMatchObject({
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      MfaConfiguration: 'OPTIONAL',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      Policies: { PasswordPolicy: { MinimumLength: 12, RequireNumbers: true, RequireSymbols: true } },
    });
  });

  test(made.stage.keepsData ? 'outlive their stack' : 'go with their stack', () => {
    const policy = made.stage.keepsData ? 'Retain' : 'Delete';
    expect(pool).toMatchObject({ DeletionPolicy: policy, UpdateReplacePolicy: policy });
    const protection = pool.Properties['DeletionProtection'];
    expect(protection).toBe(made.stage.keepsData ? 'ACTIVE' : 'INACTIVE');
  });

  test('can be given the scopes of the manifest, and no others', () => {
    const server = made.only('service', 'AWS::Cognito::UserPoolResourceServer');
    const scopes = server.Properties['Scopes'] as readonly { readonly ScopeName: string }[];
    expect(server.Properties['Identifier']).toBe('tintype');
    expect(sorted(scopes.map(({ ScopeName }) => ScopeName))).toEqual(sorted(SCOPES));
  });

  test('sign in by code, with an app that has no secret to lose', () => {
    const { Properties } = made.only('service', 'AWS::Cognito::UserPoolClient');
    expect(Properties).toMatchObject({ AllowedOAuthFlows: ['code'], PreventUserExistenceErrors: 'ENABLED' });
    expect(Properties['GenerateSecret'] ?? false).toBe(false);
    const allowed = Properties['AllowedOAuthScopes'] as readonly unknown[];
    const named = allowed.map((scope) => made.text('service', scope).split('/').at(-1) ?? '');
    const { gallery } = made.stage;
    const expected = ['images:read', 'images:write', ...(gallery ? ['openid'] : [])];
    expect(sorted(named)).toEqual(expected);
    const back = gallery?.url === undefined ? [] : [`${gallery.url}/`];
    expect(Properties['CallbackURLs']).toEqual(['http://localhost:3000/', ...back]);
    const domain = made.only('service', 'AWS::Cognito::UserPoolDomain').Properties;
    expect(made.text('service', domain['Domain'])).toBe(`tintype-${made.stage.name}-{account}`);
  });

  test("are the only ones whose tokens the gateway takes, from the header's usual place", () => {
    expect(made.only('service', 'AWS::ApiGateway::Authorizer').Properties).toMatchObject({
      Type: 'COGNITO_USER_POOLS',
      ProviderARNs: [{ 'Fn::GetAtt': [pool.id, 'Arn'] }],
      IdentitySource: 'method.request.header.Authorization',
    });
  });
});
