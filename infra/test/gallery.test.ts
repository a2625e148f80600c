import { describe, expect, test } from 'vitest';
import { galleryPolicy } from '../../service/src/http/gallery-policy.ts';
import { type GallerySettings, gallerySettings } from '../../service/src/http/gallery-settings.ts';
import { OPERATIONS } from '../../service/src/operations/manifest.ts';
import { type Resource, Synthesized, sorted } from './support/templates.ts';
import { EDGE_SIGNING, GALLERY_URL, VARIANTS, type Variant } from './support/variants.ts';

type Values = Readonly<Record<string, unknown>>;

/** CloudFront's own policies: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
const CACHED = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const NOT_CACHED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
/** All that a browser sends, but for Host. */
const ALL_BUT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

const WITH_GALLERY = ['everything', 'open', 'foreign'] as const satisfies readonly Variant[];

function distributionOf(made: Synthesized): Values {
  const { Properties } = made.only('gallery', 'AWS::CloudFront::Distribution');
  return Properties['DistributionConfig'] as Values;
}

const behaviorsOf = (made: Synthesized) => distributionOf(made)['CacheBehaviors'] as readonly Values[];

function originOf(made: Synthesized, behavior: Values): Values {
  const origins = distributionOf(made)['Origins'] as readonly Values[];
  const origin = origins.find(({ Id }) => Id === behavior['TargetOriginId']);
  if (!origin) throw new Error('A behavior leads to no origin.');
  return origin;
}

/** What CloudFront would answer at `/gallery.json`: the function itself is run. */
function toldBy(made: Synthesized): GallerySettings {
  const { Properties } = made.only('gallery', 'AWS::CloudFront::Function');
  const code = made.text('gallery', Properties['FunctionCode']);
  const answer = new Function(`${code}; return handler({});`)() as {
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, { readonly value: string }>>;
    readonly body: { readonly encoding: string; readonly data: string };
  };
  expect(answer).toMatchObject({
    statusCode: 200,
    headers: { 'content-type': { value: 'application/json' }, 'cache-control': { value: 'no-store' } },
    body: { encoding: 'text' },
  });
  return gallerySettings.parse(JSON.parse(answer.body.data));
}

function policyOf(made: Synthesized): string {
  const { Properties } = made.only('gallery', 'AWS::CloudFront::ResponseHeadersPolicy');
  const { SecurityHeadersConfig } = Properties['ResponseHeadersPolicyConfig'] as {
    readonly SecurityHeadersConfig: {
      readonly ContentSecurityPolicy: { readonly ContentSecurityPolicy: unknown; readonly Override: boolean };
    };
  };
  const { ContentSecurityPolicy, Override } = SecurityHeadersConfig.ContentSecurityPolicy;
  expect(Override).toBe(true);
  return made.text('gallery', ContentSecurityPolicy);
}

const refTo = ({ id }: Resource) => ({ Ref: id });

test('the gallery is there where the stage has one, and nowhere else', () => {
  const having = VARIANTS.filter((variant) => new Synthesized(variant).stacks.includes('gallery'));
  expect(having).toEqual(WITH_GALLERY);
});

describe.each(WITH_GALLERY)('the gallery of %s', (variant) => {
  const made = new Synthesized(variant);
  const { stage } = made;

  test('has its files in a bucket that only its distribution may read, over TLS', () => {
    const bucket = made.only('gallery', 'AWS::S3::Bucket');
    expect(made.text('gallery', bucket.Properties['BucketName'])).toBe(
      `tintype-${stage.name}-gallery-{account}-${stage.region}`,
    );
    expect(bucket.Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    const { PolicyDocument } = made.only('gallery', 'AWS::S3::BucketPolicy').Properties as {
      readonly PolicyDocument: { readonly Statement: readonly Values[] };
    };
    const allowed = PolicyDocument.Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(sorted(allowed.flatMap(({ Action }) => Action as string | string[]))).toEqual([
      's3:GetObject',
      's3:ListBucket',
    ]);
    const distribution = made.only('gallery', 'AWS::CloudFront::Distribution');
    for (const { Principal, Condition } of allowed) {
      expect(Principal).toEqual({ Service: 'cloudfront.amazonaws.com' });
      expect(JSON.stringify(Condition)).toContain(JSON.stringify(refTo(distribution)));
    }
    const denied = PolicyDocument.Statement.filter(({ Effect }) => Effect === 'Deny');
    expect(JSON.stringify(denied)).toContain('"aws:SecureTransport":"false"');
  });

  test('is shown by https alone, to read, compressed and kept as its files say', () => {
    const config = distributionOf(made);
    expect(config).toMatchObject({
      DefaultRootObject: 'index.html',
      DefaultCacheBehavior: {
        AllowedMethods: ['GET', 'HEAD'],
        CachePolicyId: CACHED,
        Compress: true,
        ViewerProtocolPolicy: 'redirect-to-https',
        ResponseHeadersPolicyId: refTo(made.only('gallery', 'AWS::CloudFront::ResponseHeadersPolicy')),
      },
      Logging: { Prefix: 'gallery/' },
    });
    // It would turn answers of the API into pages.
    expect(config).not.toHaveProperty('CustomErrorResponses');
    const control = made.only('gallery', 'AWS::CloudFront::OriginAccessControl');
    expect(originOf(made, config['DefaultCacheBehavior'] as Values)).toMatchObject({
      OriginAccessControlId: { 'Fn::GetAtt': [control.id, 'Id'] },
    });
  });

  test('has the API beside it: every path of the manifest, as it comes, and kept by nobody', () => {
    const behaviors = behaviorsOf(made).filter(({ PathPattern }) => PathPattern !== '/gallery.json');
    const patterns = behaviors.map(({ PathPattern }) => String(PathPattern));
    for (const path of OPERATIONS.flatMap((operation) => [operation.path, ...operation.aliases])) {
      const matching = patterns.filter((pattern) => path.startsWith(pattern.replace(/\*$/, '')));
      expect(matching, path).toHaveLength(1);
    }
    // The files' own, and the page's.
    for (const path of ['/', '/index.html', '/assets/x.js', '/gallery.json']) {
      expect(patterns.filter((pattern) => path.startsWith(pattern.replace(/\*$/, '')))).toEqual([]);
    }
    for (const behavior of behaviors) {
      expect(behavior).toMatchObject({
        CachePolicyId: NOT_CACHED,
        OriginRequestPolicyId: ALL_BUT_HOST,
        Compress: false,
        ViewerProtocolPolicy: 'https-only',
      });
      expect(sorted(behavior['AllowedMethods'] as string[])).toEqual([
        'DELETE',
        'GET',
        'HEAD',
        'OPTIONS',
        'PATCH',
        'POST',
        'PUT',
      ]);
      // Its answers bring their own.
      expect(behavior).not.toHaveProperty('ResponseHeadersPolicyId');
      const { DomainName, ...origin } = originOf(made, behavior);
      expect(origin).toMatchObject({
        OriginPath: `/${stage.name}`,
        CustomOriginConfig: { OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'] },
      });
      const api = made.only('service', 'AWS::ApiGateway::RestApi');
      expect(made.text('gallery', DomainName)).toBe(`{${api.id}}.execute-api.${stage.region}.{suffix}`);
    }
  });

  test('is told of its installation by CloudFront itself, which asks nobody', () => {
    const behavior = behaviorsOf(made).find(({ PathPattern }) => PathPattern === '/gallery.json');
    const tells = made.only('gallery', 'AWS::CloudFront::Function');
    expect(behavior).toMatchObject({
      AllowedMethods: ['GET', 'HEAD'],
      CachePolicyId: NOT_CACHED,
      FunctionAssociations: [
        { EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': [tells.id, 'FunctionARN'] } },
      ],
    });
    expect(tells.Properties).toMatchObject({ FunctionConfig: { Runtime: 'cloudfront-js-2.0' } });
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
    expect(made.text('gallery', tells.Properties['FunctionCode']).length).toBeLessThan(10_240);
    expect(toldBy(made)).toMatchObject({
      max_image_bytes: 52_428_800,
      accepted_types: ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'],
      trash_days: stage.trashDays,
    });
  });

  test('puts out where it is, and where its files go', () => {
    const outputs = made.template('gallery').Outputs ?? {};
    const distribution = made.only('gallery', 'AWS::CloudFront::Distribution');
    expect(made.text('gallery', outputs['GalleryUrl']?.Value)).toBe(
      `https://{${distribution.id}.DomainName}`,
    );
    expect(outputs['GalleryBucket']?.Value).toEqual(refTo(made.only('gallery', 'AWS::S3::Bucket')));
  });

  test('has no function of Lambda, and no role', () => {
    const types = new Set(made.resources('gallery').map(({ Type }) => Type));
    expect([...types].filter((type) => /Lambda|IAM/.test(type))).toEqual([]);
  });
});

describe('signing in to the gallery', () => {
  test('is by the pool of ours, where the stage has one', () => {
    const made = new Synthesized('everything');
    const pool = made.only('service', 'AWS::Cognito::UserPool');
    const client = made.only('service', 'AWS::Cognito::UserPoolClient');
    expect(toldBy(made).auth).toEqual({
      issuer: `https://cognito-idp.us-east-1.{suffix}/{${pool.id}}`,
      client_id: `{${client.id}}`,
      scope: 'openid tintype/images:read tintype/images:write',
      audience: `{${client.id}}`,
      user_claim: 'sub',
    });
  });

  test('is by the issuer of the stage, whose client is the gallery', () => {
    expect(toldBy(new Synthesized('foreign')).auth).toEqual({
      issuer: 'https://login.example.com/',
      client_id: 'gallery',
      scope: 'openid images:read images:write',
      audience: 'https://images.example.com',
      user_claim: 'sub',
    });
  });

  test('is not where nobody is asked who they are', () => {
    expect(toldBy(new Synthesized('open')).auth).toBeNull();
  });
});

describe("the policy of the gallery's page", () => {
  const bucketOf = (name: string, region: string) =>
    `https://tintype-${name}-images-{account}-${region}.s3.${region}.{suffix}`;

  test('is the one of the embedded home, with the bucket to show and send images', () => {
    const bucket = bucketOf('trial', 'us-east-1');
    expect(policyOf(new Synthesized('open'))).toBe(galleryPolicy({ images: [bucket], requests: [bucket] }));
  });

  test('shows images of the edge where URLs are its own, and asks the pool for tokens', () => {
    const made = new Synthesized('everything');
    const domain = made.only('service', 'AWS::Cognito::UserPoolDomain');
    expect(policyOf(made)).toBe(
      galleryPolicy({
        images: [EDGE_SIGNING.url],
        requests: [
          bucketOf('prod', 'us-east-1'),
          'https://cognito-idp.us-east-1.{suffix}',
          `https://{${domain.id}}.auth.us-east-1.amazoncognito.com`,
        ],
      }),
    );
  });

  test('asks the issuer of the stage for tokens, and where else that is said', () => {
    const bucket = bucketOf('trial', 'eu-west-1');
    expect(policyOf(new Synthesized('foreign'))).toBe(
      galleryPolicy({
        images: [bucket],
        requests: [bucket, 'https://login.example.com', 'https://token.example.com'],
      }),
    );
  });
});

describe('what knows of the gallery', () => {
  test('are the URLs in answers, once the stage says where it is', () => {
    const made = new Synthesized('everything');
    const urls = made.resources('service', 'AWS::Lambda::Function').map(({ Properties }) => {
      const { Variables } = Properties['Environment'] as { readonly Variables: Values };
      return Variables['PUBLIC_URL'];
    });
    expect(new Set(urls)).toEqual(new Set([GALLERY_URL]));
    expect(made.template('service').Outputs?.['Url']?.Value).toBe(GALLERY_URL);
  });

  test('is the firewall of its own, where firewalls of CloudFront are', () => {
    for (const variant of ['everything', 'open'] as const) {
      const made = new Synthesized(variant);
      const wall = made.only('gallery', 'AWS::WAFv2::WebACL');
      expect(wall.Properties['Scope']).toBe('CLOUDFRONT');
      expect(distributionOf(made)['WebACLId']).toEqual({ 'Fn::GetAtt': [wall.id, 'Arn'] });
    }
    const elsewhere = new Synthesized('foreign');
    expect(elsewhere.resources('gallery', 'AWS::WAFv2::WebACL')).toEqual([]);
    expect(distributionOf(elsewhere)).not.toHaveProperty('WebACLId');
  });
});
