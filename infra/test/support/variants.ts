import { generateKeyPairSync } from 'node:crypto';
import { type EdgeSigning, type Stage, stageNamed } from '../../src/stages.ts';

/** What is made into templates for the tests. */
export const VARIANTS = ['dev', 'staging', 'prod', 'everything', 'open'] as const;
export type Variant = (typeof VARIANTS)[number];

/** As the stage's owner copies it from outputs and from Secrets Manager. */
export const EDGE_SIGNING: EdgeSigning = {
  url: 'https://d111111abcdef8.cloudfront.net',
  keyPairId: 'K2JCJMDEHXQW5F',
  privateKeyArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:tintype-prod-edge-AbCdEf',
  distributionId: 'E1A2B3C4D5E6F7',
};

export const ONE_ORIGIN = 'https://pictures.example.com';

/** The stages as they are, one with all that can be switched on, and one that lets everybody in. */
export function stageOf(variant: Variant): Stage {
  if (variant === 'everything') {
    return {
      ...stageNamed('prod'),
      edge: { publicKey: newPublicKey(), signing: EDGE_SIGNING },
      corsOrigins: [ONE_ORIGIN],
      alarmEmail: 'images@example.com',
      renditionFormat: 'avif',
      keepGps: true,
      stripGps: true,
      keepVersions: 3,
      trashDays: 30,
      reservedConcurrency: { 'upload-image': 50 },
      provisionedConcurrency: { 'view-image': 2 },
    };
  }
  if (variant === 'open') {
    return { ...stageNamed('trial'), auth: 'none', corsOrigins: [ONE_ORIGIN, 'https://shop.example.com'] };
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
