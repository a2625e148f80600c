import { CfnOutput, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { CognitoUserPoolsAuthorizer, type IAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Mfa, OAuthScope, ResourceServerScope, UserPool } from 'aws-cdk-lib/aws-cognito';
import { SCOPES } from '../../service/src/domain/caller.ts';
import { acknowledge } from './acknowledge.ts';
import type { Stage } from './stages.ts';

/** Who tells who callers are: to the functions, which verify every token themselves, and to the gateway before them. */
export interface Authentication {
  /** The gateway's own check, as a second wall; it knows Cognito's tokens alone. */
  readonly authorizer: IAuthorizer | undefined;
  /** What functions are told of it. */
  readonly variables: Readonly<Record<string, string>>;
}

export function makeAuthentication(stack: Stack, stage: Stage): Authentication {
  const { auth } = stage;
  if (auth === 'cognito') return makeUserPool(stack, stage);
  // Whoever deploys has said that there are none.
  if (auth === 'none') return { authorizer: undefined, variables: { ALLOW_ANONYMOUS: 'true' } };
  const { issuer, audience, jwksUrl, scopePrefix = '' } = auth;
  const variables = {
    AUTH: 'jwt',
    JWT_ISSUER: issuer,
    JWT_AUDIENCE: audience,
    JWT_JWKS_URL: jwksUrl,
    JWT_SCOPE_PREFIX: scopePrefix,
  };
  return { authorizer: undefined, variables };
}

/** Our own issuer of tokens, with the scopes of the manifest, and the gateway's check of them. */
function makeUserPool(stack: Stack, stage: Stage): Authentication {
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
  const scopes = SCOPES.map(
    (scopeName) => new ResourceServerScope({ scopeName, scopeDescription: `May use ${scopeName}` }),
  );
  const server = pool.addResourceServer('Scopes', { identifier: RESOURCE_SERVER, scopes });
  const domain = pool.addDomain('SignIn', {
    cognitoDomain: { domainPrefix: `tintype-${stage.name}-${stack.account}` },
  });
  const client = pool.addClient('App', {
    userPoolClientName: 'app',
    generateSecret: false,
    preventUserExistenceErrors: true,
    oAuth: {
      flows: { authorizationCodeGrant: true },
      // Whoever may do everything is given that by a client of their own.
      scopes: scopes
        .filter(({ scopeName }) => scopeName !== 'images:admin')
        .map((scope) => OAuthScope.resourceServer(server, scope)),
      callbackUrls: ['http://localhost:3000/'],
    },
  });
  new CfnOutput(stack, 'UserPool', { value: pool.userPoolId });
  new CfnOutput(stack, 'UserPoolClient', { value: client.userPoolClientId });
  new CfnOutput(stack, 'SignInUrl', { value: domain.baseUrl() });
  const issuer = `https://cognito-idp.${stage.region}.${stack.urlSuffix}/${pool.userPoolId}`;
  return {
    authorizer: new CognitoUserPoolsAuthorizer(stack, 'Authorizer', { cognitoUserPools: [pool] }),
    variables: {
      AUTH: 'jwt',
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: client.userPoolClientId,
      JWT_JWKS_URL: `${issuer}/.well-known/jwks.json`,
      JWT_SCOPE_PREFIX: gatewayScope(''),
    },
  };
}

const RESOURCE_SERVER = 'tintype';

/** Cognito's scopes are `{resource server}/{scope}`. */
export function gatewayScope(scope: string): string {
  return `${RESOURCE_SERVER}/${scope}`;
}
