import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  CacheQueryStringBehavior,
  Distribution,
  FunctionUrlOriginAccessControl,
  HttpVersion,
  type IOrigin,
  KeyGroup,
  PublicKey,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, OriginGroup, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { RENDITIONS_PREFIX } from '../../service/src/domain/object-key.ts';
import { acknowledge } from './acknowledge.ts';
import { namesOf } from './names.ts';
import type { Stage } from './stages.ts';
import { wallRules } from './wall.ts';

/** Where CloudFront's firewalls and certificates live, wherever the data does. */
export const EDGE_REGION = 'us-east-1';

/** CloudFront in front of the bucket: objects for those with a URL that was signed with our key. */
export class EdgeStack extends Stack {
  constructor(scope: Construct, id: string, stage: Stage, publicKey: string, props: StackProps) {
    super(scope, id, props);
    const names = namesOf(stage);
    const images = Bucket.fromBucketAttributes(this, 'Images', {
      bucketName: names.bucket,
      region: stage.region,
    });
    const wall = new CfnWebACL(this, 'Wall', {
      name: `tintype-${stage.name}-edge`,
      scope: 'CLOUDFRONT',
      ...wallRules(stage.name),
    });
    const origin = S3BucketOrigin.withOriginAccessControl(images);
    const key = new PublicKey(this, 'Key', { encodedKey: publicKey, comment: 'Signs the URLs of objects.' });
    const behavior: Omit<BehaviorOptions, 'origin'> = {
      trustedKeyGroups: [new KeyGroup(this, 'Keys', { items: [key] })],
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      cachePolicy: this.#cachePolicy(stage),
      responseHeadersPolicy: ResponseHeadersPolicy.SECURITY_HEADERS,
      compress: false,
    };
    const distribution = new Distribution(this, 'Distribution', {
      comment: `Tintype ${stage.name}: objects`,
      defaultBehavior: { ...behavior, origin },
      additionalBehaviors: this.#renditions(stage.edge?.renderUrl, behavior, origin),
      httpVersion: HttpVersion.HTTP2_AND_3,
      webAclId: wall.attrArn,
      enableLogging: true,
      logBucket: Bucket.fromBucketAttributes(this, 'Logs', {
        bucketName: names.logsBucket,
        region: stage.region,
      }),
      logFilePrefix: 'cloudfront/',
    });
    acknowledge(distribution, {
      'AwsSolutions-CFR1': 'Images are for all countries unless whoever deploys knows better.',
      'AwsSolutions-CFR4':
        "CloudFront's own certificate allows TLS 1.0; newer ones alone are for a name and certificate of one's own.",
      '@aws-cdk/aws-cloudfront-origins:updateImportedBucketPolicyOac':
        "The bucket's own stack lets the CloudFront of this account read it (buckets.ts).",
    });
    new CfnOutput(this, 'CdnUrl', { value: `https://${distribution.distributionDomainName}` });
    new CfnOutput(this, 'DistributionId', { value: distribution.distributionId });
    new CfnOutput(this, 'KeyPairId', { value: key.publicKeyId });
  }

  /**
   * Renditions that S3 does not have are asked of the function that makes and stores them, as long as it may run.
   * To those who may not list a bucket, as CloudFront may not, S3 says 403 of what is not there.
   */
  #renditions(
    renderUrl: string | undefined,
    behavior: Omit<BehaviorOptions, 'origin'>,
    bucket: IOrigin,
  ): Record<string, BehaviorOptions> {
    if (renderUrl === undefined) return {};
    // Its function is of another stack and region, which says itself that CloudFront may call it.
    const renders = new HttpOrigin(new URL(renderUrl).hostname, {
      originAccessControlId: new FunctionUrlOriginAccessControl(this, 'Renders').originAccessControlId,
      readTimeout: Duration.seconds(30),
    });
    const origin = new OriginGroup({
      primaryOrigin: bucket,
      fallbackOrigin: renders,
      fallbackStatusCodes: [403, 404],
    });
    return { [`/${RENDITIONS_PREFIX}*`]: { ...behavior, origin } };
  }

  /**
   * Objects never change under their key, so they stay as long as there is room. Of the query only what
   * decides the answer's headers is part of the cache's key: signatures are checked before, and left out.
   */
  #cachePolicy({ name }: Stage): CachePolicy {
    return new CachePolicy(this, 'Objects', {
      cachePolicyName: `tintype-${name}-objects`,
      defaultTtl: Duration.days(30),
      minTtl: Duration.seconds(0),
      maxTtl: Duration.days(365),
      queryStringBehavior: CacheQueryStringBehavior.allowList(
        'response-content-type',
        'response-content-disposition',
      ),
    });
  }
}
