import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { addRoutes, makeApi } from './api.ts';
import { type GalleryAuthentication, makeAuthentication } from './auth.ts';
import { makeFunctions } from './functions.ts';
import { namesOf } from './names.ts';
import { openToCloudFront } from './render-url.ts';
import { makeRollOut } from './roll-out.ts';
import type { Stage } from './stages.ts';
import { triggerFunctions } from './triggers.ts';
import { MOST_FROM_CLOUDFRONT, wallRules } from './wall.ts';

/** What other stacks have made whose names have letters that only the deployment knows. */
export interface OtherStacks {
  readonly signingSecret: ISecret;
  readonly imagesStreamArn: string | undefined;
  readonly searchUrl: string | undefined;
}

/** What runs: the API, a function an operation, and how a new version comes in. */
export class ServiceStack extends Stack {
  /** What the gallery is told of it. */
  readonly forGallery: { readonly restApiId: string; readonly authentication: GalleryAuthentication };

  constructor(scope: Construct, id: string, stage: Stage, others: OtherStacks, props: StackProps) {
    super(scope, id, props);
    const names = namesOf(stage);
    const api = makeApi(this, stage);
    const publicUrl =
      stage.publicUrl ??
      stage.gallery?.url ??
      `https://${api.restApiId}.execute-api.${stage.region}.${this.urlSuffix}/${stage.name}`;
    const signingSecretArn = others.signingSecret.secretArn;
    const { searchUrl, imagesStreamArn } = others;
    const { authorizer, variables: auth, gallery } = makeAuthentication(this, stage);
    this.forGallery = { restApiId: api.restApiId, authentication: gallery };
    const functions = makeFunctions(this, names, stage, { publicUrl, signingSecretArn, searchUrl, auth });
    addRoutes(api, functions, authorizer);
    this.#addUsagePlan(api, stage);
    this.#addWall(api, stage);
    triggerFunctions(this, functions, names, imagesStreamArn);
    const renders = functions.get('render-missing');
    if (renders) {
      const { url } = openToCloudFront(this, renders);
      const description =
        'For `edge.renderUrl` of the stage: what CloudFront has missing renditions made by.';
      new CfnOutput(this, 'RenderUrl', { value: url, description });
    }

    makeRollOut(this, stage, functions.values());
    new CfnOutput(this, 'Url', { value: publicUrl, description: 'Where callers reach the API.' });
  }

  /** For callers with an API key of their own, whom it counts and slows down apart from the others. */
  #addUsagePlan(api: RestApi, { name, throttle }: Stage): void {
    api.addUsagePlan('UsagePlan', {
      name: `tintype-${name}`,
      throttle: { rateLimit: throttle.rate, burstLimit: throttle.burst },
      apiStages: [{ api, stage: api.deploymentStage }],
    });
  }

  #addWall(api: RestApi, stage: Stage): void {
    const wall = new CfnWebACL(this, 'Wall', {
      name: `tintype-${stage.name}-api`,
      scope: 'REGIONAL',
      ...wallRules(stage.name, stage.gallery ? MOST_FROM_CLOUDFRONT : undefined),
    });
    new CfnWebACLAssociation(this, 'WallOfApi', {
      resourceArn: api.deploymentStage.stageArn,
      webAclArn: wall.attrArn,
    });
  }
}
