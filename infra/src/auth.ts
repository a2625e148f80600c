import { CfnOutput, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { CognitoUserPoolsAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Mfa, OAuthScope, ResourceServerScope, UserPool } from 'aws-cdk-lib/aws-cognito';
import { OPERATIONS } from '../../service/src/operations/manifest.ts';
import { acknowledge } from './acknowledge.ts';
import type { Stage } from './stages.ts';

/** Our own issuer of tokens, with the scopes of the manifest, and the gateway's check of them. */
export function makeAuthorizer(stack: Stack, stage: Stage): CognitoUserPoolsAuthorizer {
  const pool = new UserPool(stack, 'Users', {
    userPoolName: `tintype-${stage.name}`,
    selfSignUpEnabled: false,
    signInAliases: { email: true },
    mfa: Mfa.OPTIONAL,
    mfaSecondFactor: { otp: true, sms: false },
    passwordPolicy: {
      minLength: 12,
      requireDigits: true,
      requireLowercase: true,
      requireUppercase: true,
      requireSymbols: true,
    },
    deletionProtection: stage.keepsData,
    removalPolicy: stage.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  acknowledge(pool, {
    'AwsSolutions-COG2': 'Whoever adds users decides whether a second factor is a must for them.',
    'AwsSolutions-COG3':
      "Cognito's threat protection costs more a user than all the rest of an installation.",
    'AwsSolutions-COG8': 'The same: it is a part of the plan that has threat protection.',
  });
  const scopes = [...new Set(OPERATIONS.map(({ scope }) => scope))].map(
    (scopeName) => new ResourceServerScope({ scopeName, scopeDescription: `May use ${scopeName}` }),
  );
  const server = pool.addResourceServer('Scopes', { identifier: 'tintype', scopes });
  const domain = pool.addDomain('SignIn', {
    cognitoDomain: { domainPrefix: `tintype-${stage.name}-${stack.account}` },
  });
  const client = pool.addClient('App', {
    userPoolClientName: 'app',
    generateSecret: false,
    preventUserExistenceErrors: true,
    oAuth: {
      flows: { authorizationCodeGrant: true },
      scopes: scopes.map((scope) => OAuthScope.resourceServer(server, scope)),
      callbackUrls: ['http://localhost:3000/'],
    },
  });
  new CfnOutput(stack, 'UserPool', { value: pool.userPoolId });
  new CfnOutput(stack, 'UserPoolClient', { value: client.userPoolClientId });
  new CfnOutput(stack, 'SignInUrl', { value: domain.baseUrl() });
  return new CognitoUserPoolsAuthorizer(stack, 'Authorizer', { cognitoUserPools: [pool] });
}
