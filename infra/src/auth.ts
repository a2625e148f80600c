import { CfnOutput, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { CognitoUserPoolsAuthorizer, type IAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Mfa, OAuthScope, ResourceServerScope, UserPool } from 'aws-cdk-lib/aws-cognito';
import { usualScope } from '../../service/src/config/gallery.ts';
import { SCOPES } from '../../service/src/domain/caller.ts';
import type { GallerySettings } from '../../service/src/http/gallery-settings.ts';
import { acknowledge } from './acknowledge.ts';
import type { Issuer, Stage } from './stages.ts';

/** Who tells who callers are: to the functions, which verify every token themselves, and to the gateway before them. */
export interface Authentication {
  /** The gateway's own check, as a second wall; it knows Cognito's tokens alone. */
  readonly authorizer: IAuthorizer | undefined;
  /** What functions are told of it. */
  readonly variables: Readonly<Record<string, string>>;
  /** What the gallery is told of it. */
  readonly gallery: GalleryAuthentication;
}

export interface GalleryAuthentication {
  readonly settings: GallerySettings['auth'];
  /** Where its page asks for tokens. */
  readonly origins: readonly string[];
}

export function makeAuthentication(stack: Stack, stage: Stage): Authentication {
  const { auth } = stage;
  if (auth === 'cognito') return makeUserPool(stack, stage);
  // Whoever deploys has said that there are none.
  if (auth === 'none') {
    const variables = { ALLOW_ANONYMOUS: 'true' };
    return { authorizer: undefined, variables, gallery: { settings: null, origins: [] } };
  }
  const { issuer, audience, jwksUrl, scopePrefix = '', galleryClientId, signInOrigins = [] } = auth;
  const variables = {
    AUTH: 'jwt',
    JWT_ISSUER: issuer,
    JWT_AUDIENCE: audience,
    JWT_JWKS_URL: jwksUrl,
    JWT_SCOPE_PREFIX: scopePrefix,
    ...introspectionVariables(auth),
    ...stepUpVariables(stage),
  };
  const settings = {
    issuer,
    client_id: galleryClientId ?? null,
    scope: usualScope(scopePrefix),
    audience,
    user_claim: 'sub',
  };
  const origins = galleryClientId === undefined ? [] : [new URL(issuer).origin, ...signInOrigins];
  return { authorizer: undefined, variables, gallery: { settings, origins } };
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
      scopes: [
        // The gallery asks who somebody is as well.
        ...(stage.gallery ? [OAuthScope.OPENID] : []),
        // Whoever may do everything is given that by a client of their own.
        ...scopes
          .filter(({ scopeName }) => scopeName !== 'images:admin')
          .map((scope) => OAuthScope.resourceServer(server, scope)),
      ],
      callbackUrls: [
        'http://localhost:3000/',
        ...(stage.gallery?.url === undefined ? [] : [`${stage.gallery.url}/`]),
      ],
    },
  });
  new CfnOutput(stack, 'UserPool', { value: pool.userPoolId });
  new CfnOutput(stack, 'UserPoolClient', { value: client.userPoolClientId });
  new CfnOutput(stack, 'SignInUrl', { value: domain.baseUrl() });
  const origin = `https://cognito-idp.${stage.region}.${stack.urlSuffix}`;
  const issuer = `${origin}/${pool.userPoolId}`;
  return {
    gallery: {
      settings: {
        issuer,
        client_id: client.userPoolClientId,
        scope: usualScope(gatewayScope('')),
        audience: client.userPoolClientId,
        user_claim: 'sub',
      },
      // The pool tells of itself at the one, and gives out tokens at the other.
      origins: [origin, domain.baseUrl()],
    },
    authorizer: new CognitoUserPoolsAuthorizer(stack, 'Authorizer', { cognitoUserPools: [pool] }),
    variables: {
      AUTH: 'jwt',
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: client.userPoolClientId,
      JWT_JWKS_URL: `${issuer}/.well-known/jwks.json`,
      JWT_SCOPE_PREFIX: gatewayScope(''),
      ...stepUpVariables(stage),
    },
  };
}

function introspectionVariables({ introspection }: Issuer): Record<string, string> {
  if (!introspection) return {};
  return {
    INTROSPECTION_URL: introspection.url,
    INTROSPECTION_CLIENT_ID: introspection.clientId,
    INTROSPECTION_CLIENT_SECRET_ARN: introspection.secretArn,
  };
}

function stepUpVariables({ stepUp: { acrValues, maxAgeSeconds } = {} }: Stage): Record<string, string> {
  return {
    ...(acrValues && { ADMIN_ACR_VALUES: acrValues.join(' ') }),
    ...(maxAgeSeconds !== undefined && { ADMIN_MAX_AGE_SECONDS: String(maxAgeSeconds) }),
  };
}

const RESOURCE_SERVER = 'tintype';

/** Cognito's scopes are `{resource server}/{scope}`. */
export function gatewayScope(scope: string): string {
  return `${RESOURCE_SERVER}/${scope}`;
}
