import { App } from 'aws-cdk-lib';

/** What CDK only warns of by default, an error: what its own rules find in a template. */
const STRICT = { '@aws-cdk/core:validateAgainstDefaultRules': true };

/** An app whose making ends with an error where a template is not one that CloudFormation would take. */
export function newApp(outdir?: string): App {
  return new App({
    analyticsReporting: false,
    context: STRICT,
    ...(outdir === undefined ? {} : { outdir }),
  });
}
