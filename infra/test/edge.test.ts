import { describe, expect, test } from 'vitest';
import { EDGE_REGION } from '../src/edge-stack.ts';
import { Synthesized } from './support/templates.ts';
import { VARIANTS } from './support/variants.ts';

const made = new Synthesized('everything');
const { Properties: distribution } = made.only('edge', 'AWS::CloudFront::Distribution');
const config = distribution['DistributionConfig'] as Readonly<Record<string, unknown>>;
const refTo = (type: string) => ({ Ref: made.only('edge', type).id });

describe('the edge', () => {
  test('is there where the stage has one, and nowhere else', () => {
    const withEdge = VARIANTS.filter((variant) => new Synthesized(variant).stacks.includes('edge'));
    expect(withEdge).toEqual(['everything']);
  });

  test('lies where CloudFront looks for firewalls', () => {
    const { artifacts } = made.file('manifest.json') as {
      readonly artifacts: Readonly<Record<string, { readonly environment?: string }>>;
    };
    expect(artifacts[made.stackId('edge')]?.environment).toBe(`aws://unknown-account/${EDGE_REGION}`);
    expect(EDGE_REGION).toBe('us-east-1');
  });

  test('reads the bucket under its own signature, and the bucket alone', () => {
    const control = made.only('edge', 'AWS::CloudFront::OriginAccessControl');
    expect(control.Properties['OriginAccessControlConfig']).toMatchObject({
      OriginAccessControlOriginType: 's3',
      SigningBehavior: 'always',
      SigningProtocol: 'sigv4',
    });
    const origins = config['Origins'] as readonly Readonly<Record<string, unknown>>[];
    expect(origins).toMatchObject([
      {
        OriginAccessControlId: { 'Fn::GetAtt': [control.id, 'Id'] },
        S3OriginConfig: { OriginAccessIdentity: '' },
      },
    ]);
    const { region } = made.stage;
    expect(made.text('edge', origins[0]?.['DomainName'])).toBe(
      `tintype-prod-images-{account}-${region}.s3.${region}.amazonaws.com`,
    );
  });

  test('gives objects to those with a URL signed by a key of the group, over TLS, to read', () => {
    expect(config['DefaultCacheBehavior']).toMatchObject({
      TrustedKeyGroups: [refTo('AWS::CloudFront::KeyGroup')],
      ViewerProtocolPolicy: 'https-only',
      AllowedMethods: ['GET', 'HEAD'],
      CachePolicyId: refTo('AWS::CloudFront::CachePolicy'),
    });
    expect(config['CacheBehaviors'] ?? []).toEqual([]);
    expect(made.only('edge', 'AWS::CloudFront::KeyGroup').Properties).toMatchObject({
      KeyGroupConfig: { Items: [refTo('AWS::CloudFront::PublicKey')] },
    });
    expect(made.only('edge', 'AWS::CloudFront::PublicKey').Properties).toMatchObject({
      PublicKeyConfig: { EncodedKey: made.stage.edge?.publicKey },
    });
  });

  test('keeps objects by what decides the answer, and lets nothing else through', () => {
    expect(made.only('edge', 'AWS::CloudFront::CachePolicy').Properties).toMatchObject({
      CachePolicyConfig: {
        ParametersInCacheKeyAndForwardedToOrigin: {
          CookiesConfig: { CookieBehavior: 'none' },
          HeadersConfig: { HeaderBehavior: 'none' },
          QueryStringsConfig: {
            QueryStringBehavior: 'whitelist',
            QueryStrings: ['response-content-type', 'response-content-disposition'],
          },
        },
      },
    });
  });

  test('stands behind a firewall of its own, and logs', () => {
    const wall = made.only('edge', 'AWS::WAFv2::WebACL');
    expect(wall.Properties['Scope']).toBe('CLOUDFRONT');
    expect(config['WebACLId']).toEqual({ 'Fn::GetAtt': [wall.id, 'Arn'] });
    const { Bucket, Prefix } = config['Logging'] as Readonly<Record<string, unknown>>;
    expect(made.text('edge', Bucket)).toMatch('tintype-prod-logs-');
    expect(Prefix).toBe('cloudfront/');
  });
});

describe('every firewall', () => {
  const walls = VARIANTS.flatMap((variant) => {
    const each = new Synthesized(variant);
    return each.stacks
      .flatMap((stack) => each.resources(stack, 'AWS::WAFv2::WebACL'))
      .map(({ Properties }) => ({ variant, scope: Properties['Scope'], rules: Properties['Rules'] }));
  });

  test('is one for each API and one for the edge', () => {
    expect(walls).toHaveLength(VARIANTS.length + 1);
  });

  test.each(walls)(
    "slows down single addresses and has AWS's managed rules: $variant, $scope",
    ({ rules }) => {
      const block = { Action: { Block: {} } };
      const managed = (Name: string) => ({
        OverrideAction: { None: {} },
        Statement: { ManagedRuleGroupStatement: { VendorName: 'AWS', Name } },
      });
      expect(rules).toMatchObject([
        { ...block, Statement: { RateBasedStatement: { AggregateKeyType: 'IP', Limit: 5000 } } },
        managed('AWSManagedRulesAmazonIpReputationList'),
        managed('AWSManagedRulesCommonRuleSet'),
        managed('AWSManagedRulesKnownBadInputsRuleSet'),
      ]);
    },
  );

  test.each(walls)(
    'takes no image for an attack, and no program for one: those rules only count: $variant, $scope',
    ({ rules }) => {
      const counted = JSON.stringify(rules).match(/\{"ActionToUse":\{"Count":\{\}\},"Name":"\w+"\}/g) ?? [];
      const names = counted.map((rule) => rule.match(/"Name":"(\w+)"/)?.[1]);
      // Of the common rule set: programs without a User-Agent, and all that read the body.
      expect(names).toEqual([
        'NoUserAgent_HEADER',
        'SizeRestrictions_BODY',
        'CrossSiteScripting_BODY',
        'GenericLFI_BODY',
        'GenericRFI_BODY',
        'EC2MetaDataSSRF_BODY',
      ]);
    },
  );
});
