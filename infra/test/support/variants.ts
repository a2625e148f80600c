import { generateKeyPairSync } from 'node:crypto';
import {
  type EdgeSigning,
  type Issuer,
  type Stage,
  type StepUpSettings,
  stageNamed,
} from '../../src/stages.ts';

/** What is made into templates for the tests. */
export const VARIANTS = ['dev', 'staging', 'prod', 'everything', 'open', 'foreign'] as const;
export type Variant = (typeof VARIANTS)[number];

/** As the stage's owner copies it from outputs and from Secrets Manager. */
export const EDGE_SIGNING: EdgeSigning = {
  url: 'https://d111111abcdef8.cloudfront.net',
  keyPairId: 'K2JCJMDEHXQW5F',
  privateKeyArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:tintype-prod-edge-AbCdEf',
  distributionId: 'E1A2B3C4D5E6F7',
};

/** As the service stack puts it out. */
export const RENDER_URL = 'https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws/';

/** Who runs commands. */
export const OPERATOR = 'arn:aws:iam::123456789012:role/operator';

export const ONE_ORIGIN = 'https://pictures.example.com';

/** As the gallery stack puts it out. */
export const GALLERY_URL = 'https://d222222abcdef8.cloudfront.net';

/** Who signs tokens where that is not Cognito. */
export const ISSUER: Issuer = {
  issuer: 'https://login.example.com/',
  audience: 'https://images.example.com',
  jwksUrl: 'https://login.example.com/.well-known/jwks.json',
  introspection: {
    url: 'https://login.example.com/introspect',
    clientId: 'tintype',
    secretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:tintype-introspection-AbCdEf',
  },
  galleryClientId: 'gallery',
  signInOrigins: ['https://token.example.com'],
};

/** How admins sign in there. */
export const STEP_UP: StepUpSettings = { acrValues: ['urn:example:mfa', 'phr'], maxAgeSeconds: 900 };

/** The stages as they are, one with all that can be switched on, one that lets everybody in, one with an issuer of its own. */
export function stageOf(variant: Variant): Stage {
  if (variant === 'everything') {
    return {
      ...stageNamed('prod'),
      edge: { publicKey: newPublicKey(), renderUrl: RENDER_URL, signing: EDGE_SIGNING },
      gallery: { url: GALLERY_URL },
      corsOrigins: [ONE_ORIGIN],
      alarmEmail: 'images@example.com',
      renditionFormat: 'avif',
      keepGps: true,
      stripGps: true,
      keepVersions: 3,
      trashDays: 30,
      auditDays: 90,
      webhooks: true,
      search: { instanceType: 'm7g.medium.search', instances: 2, volumeGb: 20, operators: [OPERATOR] },
      stepUp: { maxAgeSeconds: 3600 },
      reservedConcurrency: { 'upload-image': 50 },
      provisionedConcurrency: { 'view-image': 2 },
    };
  }
  if (variant === 'open') {
    return {
      ...stageNamed('trial'),
      auth: 'none',
      corsOrigins: [ONE_ORIGIN, 'https://shop.example.com'],
      gallery: {},
    };
  }
  if (variant === 'foreign') {
    return { ...stageNamed('trial'), region: 'eu-west-1', auth: ISSUER, stepUp: STEP_UP, gallery: {} };
  }
  return stageNamed(variant);
}

function newPublicKey(): string {
  const { publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return publicKey;
}
