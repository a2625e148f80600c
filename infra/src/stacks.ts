import { type App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { DataStack } from './data-stack.ts';
import { EDGE_REGION, EdgeStack } from './edge-stack.ts';
import { GalleryStack } from './gallery-stack.ts';
import { SearchStack } from './search-stack.ts';
import { ServiceStack } from './service-stack.ts';
import type { Stage } from './stages.ts';
import { WatchStack } from './watch-stack.ts';

/** The stacks of a stage, checked by AWS's rules as they are made into templates. */
export function makeStacks(app: App, stage: Stage, account: string | undefined): void {
  const env = { region: stage.region, ...(account === undefined ? {} : { account }) };
  const common = { terminationProtection: stage.keepsData };
  const data = new DataStack(app, `Tintype-${stage.name}-data`, stage, { ...common, env });
  const search =
    stage.search &&
    new SearchStack(app, `Tintype-${stage.name}-search`, stage, stage.search, { ...common, env });
  const { signingSecret, imagesStreamArn } = data;
  const others = { signingSecret, imagesStreamArn, searchUrl: search?.url };
  const service = new ServiceStack(app, `Tintype-${stage.name}-service`, stage, others, { ...common, env });
  const watch = new WatchStack(app, `Tintype-${stage.name}-watch`, stage, { ...common, env });
  // It names what the others have made.
  service.addStackDependency(data);
  service.addStackDependency(watch);
  if (search) service.addStackDependency(search);
  if (stage.edge) {
    const props = { ...common, env: { ...env, region: EDGE_REGION } };
    const edge = new EdgeStack(app, `Tintype-${stage.name}-edge`, stage, stage.edge.publicKey, props);
    edge.addStackDependency(data);
  }
  if (stage.gallery) {
    new GalleryStack(app, `Tintype-${stage.name}-gallery`, stage, service.forGallery, { ...common, env });
  }
  Tags.of(app).add('tintype-stage', stage.name);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
