import { App } from 'aws-cdk-lib';

const SETTINGS = {
  // What CDK only warns of by default, an error: what its own rules find in a template.
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  // What a stack uses of another cannot be taken away from it. As it is by default, but said.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
};

/** An app whose making ends with an error where a template is not one that CloudFormation would take. */
export function newApp(outdir?: string): App {
  return new App({
    analyticsReporting: false,
    context: SETTINGS,
    ...(outdir === undefined ? {} : { outdir }),
  });
}
