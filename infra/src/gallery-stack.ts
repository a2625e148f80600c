import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import {
  AccessLevel,
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersReferrerPolicy,
  HttpVersion,
  type IOrigin,
  OriginRequestPolicy,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Bucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { readConfig } from '../../service/src/config/config.ts';
import { galleryPolicy } from '../../service/src/http/gallery-policy.ts';
import { type GallerySettings, SETTINGS_PATH } from '../../service/src/http/gallery-settings.ts';
import { OPERATIONS } from '../../service/src/operations/manifest.ts';
import { acknowledge } from './acknowledge.ts';
import { PRIVATE } from './buckets.ts';
import { EDGE_REGION } from './edge-stack.ts';
import { namesOf } from './names.ts';
import type { ServiceStack } from './service-stack.ts';
import type { Stage } from './stages.ts';
import { wallRules } from './wall.ts';

type Service = ServiceStack['forGallery'];

/**
 * The page for people, by CloudFront: its files from a bucket of their own, and the API's paths from the gateway, so
 * that for browsers both are one origin. `npm run publish:gallery` puts the files there.
 */
export class GalleryStack extends Stack {
  constructor(scope: Construct, id: string, stage: Stage, service: Service, props: StackProps) {
    super(scope, id, props);
    const names = namesOf(stage);
    const files = new Bucket(this, 'Files', {
      ...PRIVATE,
      bucketName: names.galleryBucket,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // It has nothing that cannot be put there again.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(files, { 'AwsSolutions-S1': 'CloudFront alone reads it, and logs what it is asked for.' });
    const origin = S3BucketOrigin.withOriginAccessControl(files, {
      // Who may not list a bucket is told 403 of what is not there.
      originAccessLevels: [AccessLevel.READ, AccessLevel.LIST],
    });
    const shown: BehaviorOptions = {
      origin,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      cachePolicy: CachePolicy.CACHING_OPTIMIZED,
      responseHeadersPolicy: this.#headers(stage, service),
      compress: true,
    };
    const distribution = new Distribution(this, 'Distribution', {
      comment: `Tintype ${stage.name}: the gallery`,
      defaultRootObject: 'index.html',
      defaultBehavior: shown,
      additionalBehaviors: {
        ...this.#settings(stage, service, shown),
        ...apiPaths(this.#api(stage, service)),
      },
      httpVersion: HttpVersion.HTTP2_AND_3,
      ...this.#wall(stage),
      enableLogging: true,
      logBucket: Bucket.fromBucketAttributes(this, 'Logs', {
        bucketName: names.logsBucket,
        region: stage.region,
      }),
      logFilePrefix: 'gallery/',
    });
    acknowledge(distribution, {
      'AwsSolutions-CFR1': 'The gallery is for all countries unless whoever deploys knows better.',
      'AwsSolutions-CFR4':
        "CloudFront's own certificate allows TLS 1.0; newer ones alone are for a name and certificate of one's own.",
      '@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk':
        'At the root is the page, and no query gets to the bucket: nobody can ask for a list.',
      ...(stage.region === EDGE_REGION
        ? {}
        : {
            'AwsSolutions-CFR2': `CloudFront's firewalls are in ${EDGE_REGION}, and this stack is not: the API has one.`,
          }),
    });
    new CfnOutput(this, 'GalleryUrl', {
      value: `https://${distribution.distributionDomainName}`,
      description: 'For `gallery.url` of the stage.',
    });
    new CfnOutput(this, 'GalleryBucket', { value: files.bucketName });
  }

  /** The gateway, under its own name, which it goes by. */
  #api(stage: Stage, { restApiId }: Service): IOrigin {
    return new HttpOrigin(`${restApiId}.execute-api.${stage.region}.${this.urlSuffix}`, {
      originPath: `/${stage.name}`,
      // As long as the gateway waits for a function.
      readTimeout: Duration.seconds(30),
    });
  }

  /** What the page is told, which is no file: what there is to tell only the deployment knows. */
  #settings(
    stage: Stage,
    { authentication }: Service,
    shown: BehaviorOptions,
  ): Record<string, BehaviorOptions> {
    const { maxImageBytes, acceptedTypes } = readConfig({});
    const settings: GallerySettings = {
      auth: authentication.settings,
      max_image_bytes: maxImageBytes,
      accepted_types: [...acceptedTypes],
      trash_days: stage.trashDays,
      search: stage.search !== undefined,
    };
    const answer = {
      statusCode: 200,
      statusDescription: 'OK',
      headers: { 'content-type': { value: 'application/json' }, 'cache-control': { value: 'no-store' } },
    };
    const code = `function handler() {
  return Object.assign(${JSON.stringify(answer)}, { body: { encoding: 'text', data: JSON.stringify(${this.toJsonString(settings)}) } });
}`;
    const tells = new EdgeFunction(this, 'Settings', {
      functionName: `tintype-${stage.name}-gallery-settings`,
      comment: 'What the gallery is told of its installation.',
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromInline(code),
    });
    return {
      [SETTINGS_PATH]: {
        ...shown,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        functionAssociations: [{ function: tells, eventType: FunctionEventType.VIEWER_REQUEST }],
      },
    };
  }

  /** What the embedded home says with its page, from the same code. */
  #headers(stage: Stage, { authentication: { origins } }: Service): ResponseHeadersPolicy {
    const bucket = `https://${namesOf(stage).bucket}.s3.${stage.region}.${this.urlSuffix}`;
    const signing = stage.edge?.signing;
    const contentSecurityPolicy = galleryPolicy({
      images: [signing ? new URL(signing.url).origin : bucket],
      requests: [bucket, ...origins],
    });
    return new ResponseHeadersPolicy(this, 'Headers', {
      responseHeadersPolicyName: `tintype-${stage.name}-gallery`,
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy, override: true },
        contentTypeOptions: { override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
      },
      customHeadersBehavior: {
        customHeaders: [{ header: 'cross-origin-resource-policy', value: 'same-origin', override: true }],
      },
    });
  }

  #wall(stage: Stage): { readonly webAclId?: string } {
    if (stage.region !== EDGE_REGION) return {};
    const wall = new CfnWebACL(this, 'Wall', {
      name: `tintype-${stage.name}-gallery`,
      scope: 'CLOUDFRONT',
      ...wallRules(stage.name),
    });
    return { webAclId: wall.attrArn };
  }
}

/** What the manifest's paths begin with, passed on as it comes and kept by nobody. */
function apiPaths(origin: IOrigin): Record<string, BehaviorOptions> {
  const behavior: BehaviorOptions = {
    origin,
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    // All of the query, and all headers, conditions among them; and tokens, since nothing is cached:
    // https://repost.aws/knowledge-center/cloudfront-authorization-header
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    // It would make weak entity tags of strong ones, which If-Match does not take.
    compress: false,
  };
  const beginnings = OPERATIONS.flatMap(({ path, aliases }) => [path, ...aliases]).map(
    (path) => path.split('/')[1] ?? '',
  );
  return Object.fromEntries([...new Set(beginnings)].sort().map((first) => [`/${first}*`, behavior]));
}
