import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FUNCTIONS } from '../../service/src/operations/manifest.ts';
import { scratchFolder } from '../../service/test/support/scratch-folder.ts';
import { newApp } from '../src/checked-app.ts';
import { EDGE_REGION, EdgeStack } from '../src/edge-stack.ts';
import { Synthesized } from './support/templates.ts';
import { VARIANTS } from './support/variants.ts';

const made = new Synthesized('everything');
const { Properties: distribution } = made.only('edge', 'AWS::CloudFront::Distribution');
const config = distribution['DistributionConfig'] as Readonly<Record<string, unknown>>;
const origins = config['Origins'] as readonly Readonly<Record<string, unknown>>[];
/** The origin itself, not a group, that a behaviour leads to. */
const originNamed = (behavior: unknown) =>
  origins.find(({ Id }) => Id === (behavior as { readonly TargetOriginId: string }).TargetOriginId);
const refTo = (type: string) => ({ Ref: made.only('edge', type).id });

/** What CloudFront signs its requests to origins of a type with. */
function controlOf(type: 's3' | 'lambda') {
  const configOf = (properties: Readonly<Record<string, unknown>>) =>
    properties['OriginAccessControlConfig'] as Readonly<Record<string, unknown>>;
  const control = made.only(
    'edge',
    'AWS::CloudFront::OriginAccessControl',
    (properties) => configOf(properties)['OriginAccessControlOriginType'] === type,
  );
  expect(configOf(control.Properties)).toMatchObject({ SigningBehavior: 'always', SigningProtocol: 'sigv4' });
  return control;
}

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
    const control = controlOf('s3');
    const { region } = made.stage;
    const ofBucket = {
      OriginAccessControlId: { 'Fn::GetAtt': [control.id, 'Id'] },
      S3OriginConfig: { OriginAccessIdentity: '' },
    };
    // Once for itself, and once as the first of a group.
    const buckets = origins.filter((origin) => 'S3OriginConfig' in origin);
    expect(buckets).toMatchObject([ofBucket, ofBucket]);
    for (const { DomainName } of buckets) {
      expect(made.text('edge', DomainName)).toBe(
        `tintype-prod-images-{account}-${region}.s3.${region}.amazonaws.com`,
      );
    }
    expect(origins).toHaveLength(buckets.length + 1);
  });

  test('gives objects to those with a URL signed by a key of the group, over TLS, to read', () => {
    expect(config['DefaultCacheBehavior']).toMatchObject({
      TrustedKeyGroups: [refTo('AWS::CloudFront::KeyGroup')],
      ViewerProtocolPolicy: 'https-only',
      AllowedMethods: ['GET', 'HEAD'],
      CachePolicyId: refTo('AWS::CloudFront::CachePolicy'),
    });
    expect(originNamed(config['DefaultCacheBehavior'])).toMatchObject({ S3OriginConfig: {} });
    expect(made.only('edge', 'AWS::CloudFront::KeyGroup').Properties).toMatchObject({
      KeyGroupConfig: { Items: [refTo('AWS::CloudFront::PublicKey')] },
    });
    expect(made.only('edge', 'AWS::CloudFront::PublicKey').Properties).toMatchObject({
      PublicKeyConfig: { EncodedKey: made.stage.edge?.publicKey },
    });
  });

  test('asks S3 for renditions, and the function for those that S3 says 403 or 404 of', () => {
    const behaviors = config['CacheBehaviors'] as readonly Readonly<Record<string, unknown>>[];
    expect(behaviors).toHaveLength(1);
    const [behavior = {}] = behaviors;
    const { OriginGroups } = config as {
      readonly OriginGroups: { readonly Items: readonly Readonly<Record<string, unknown>>[] };
    };
    const control = controlOf('lambda');
    const function_ = origins.find((origin) => 'CustomOriginConfig' in origin);
    expect(function_).toMatchObject({
      DomainName: 'abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws',
      OriginAccessControlId: { 'Fn::GetAtt': [control.id, 'Id'] },
      CustomOriginConfig: { OriginProtocolPolicy: 'https-only', OriginReadTimeout: 30 },
    });
    expect(OriginGroups.Items).toHaveLength(1);
    const [group] = OriginGroups.Items as readonly {
      readonly Id: string;
      readonly FailoverCriteria: unknown;
      readonly Members: { readonly Items: readonly { readonly OriginId: string }[] };
    }[];
    expect(group?.FailoverCriteria).toEqual({ StatusCodes: { Items: [403, 404], Quantity: 2 } });
    const members = group?.Members.Items.map(({ OriginId }) => origins.find(({ Id }) => Id === OriginId));
    expect(members).toMatchObject([{ S3OriginConfig: {} }, { Id: function_?.['Id'] }]);
    expect(behavior['TargetOriginId']).toBe(group?.Id);
    expect(behavior['PathPattern']).toBe('/.renditions/*');
  });

  test('asks for the same signatures there, and keeps what it gets in the same way', () => {
    const [behavior = {}] = config['CacheBehaviors'] as readonly Readonly<Record<string, unknown>>[];
    const { PathPattern: _path, TargetOriginId: _group, ...alike } = behavior;
    const { TargetOriginId: _bucket, ...others } = config['DefaultCacheBehavior'] as Record<string, unknown>;
    expect(alike).toEqual(others);
    expect(alike['TrustedKeyGroups']).toEqual([refTo('AWS::CloudFront::KeyGroup')]);
  });

  test('waits longer for the function than that may run', () => {
    const row = FUNCTIONS.find(({ name }) => name === 'render-missing');
    expect(row?.timeout_seconds).toBeLessThan(30);
  });

  test('leads everything to S3 alone while the stage names no URL of the function', async () => {
    await using folder = await scratchFolder();
    const app = newApp(join(folder.path, 'cdk'));
    const { edge, ...stage } = made.stage;
    if (!edge) throw new Error('The stage has no edge.');
    const { publicKey, signing } = edge;
    const stack = new EdgeStack(
      app,
      'Edge',
      { ...stage, edge: signing ? { publicKey, signing } : { publicKey } },
      publicKey,
      {
        env: { region: EDGE_REGION },
      },
    );
    const { Resources } = app.synth().getStackByName(stack.stackName).template as {
      readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: unknown }>>;
    };
    const ofType = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
    expect(ofType('AWS::CloudFront::OriginAccessControl')).toHaveLength(1);
    const [only, ...more] = ofType('AWS::CloudFront::Distribution');
    expect(more).toEqual([]);
    const { DistributionConfig } = (only?.Properties ?? {}) as { readonly DistributionConfig?: object };
    expect(DistributionConfig).not.toHaveProperty('OriginGroups');
    expect(DistributionConfig).not.toHaveProperty('CacheBehaviors');
    expect(DistributionConfig).toMatchObject({ Origins: [{ S3OriginConfig: {} }] });
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
      .map(({ Properties }) => ({
        variant,
        scope: Properties['Scope'],
        rules: Properties['Rules'],
        // Behind a gallery many come by way of one of CloudFront's servers.
        most: each.stage.gallery && Properties['Scope'] === 'REGIONAL' ? 100_000 : 5000,
      }));
  });

  test('is one for each API, for the edge, and for each gallery that lies where such firewalls are', () => {
    expect(walls).toHaveLength(VARIANTS.length + 1 + 2);
  });

  test.each(walls)(
    "slows down single addresses and has AWS's managed rules: $variant, $scope",
    ({ rules, most }) => {
      const block = { Action: { Block: {} } };
      const managed = (Name: string) => ({
        OverrideAction: { None: {} },
        Statement: { ManagedRuleGroupStatement: { VendorName: 'AWS', Name } },
      });
      expect(rules).toMatchObject([
        { ...block, Statement: { RateBasedStatement: { AggregateKeyType: 'IP', Limit: most } } },
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
