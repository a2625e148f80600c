import type { Stack } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaApplication, LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { acknowledge } from './acknowledge.ts';
import { type DeployedFunction, pascalCase } from './functions.ts';
import type { Stage } from './stages.ts';
import { rollOutAlarmsOf } from './watch.ts';

const POLICY = 'service-role/AWSCodeDeployRoleForLambdaLimited';

/**
 * How a new version comes to its callers: a tenth of them for five minutes, then all, unless one of its
 * alarms goes off: then CodeDeploy puts the alias back to the version before.
 */
export function makeRollOut(stack: Stack, stage: Stage, functions: Iterable<DeployedFunction>): void {
  const application = new LambdaApplication(stack, 'RollOut', { applicationName: `tintype-${stage.name}` });
  const role = new Role(stack, 'RollOutRole', {
    assumedBy: new ServicePrincipal('codedeploy.amazonaws.com'),
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(POLICY)],
  });
  acknowledge(role, {
    [`AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${POLICY}]`]:
      "AWS's own policy for this one use, and the narrower of its two.",
  });
  const deploymentConfig = stage.canary
    ? LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES
    : LambdaDeploymentConfig.ALL_AT_ONCE;
  for (const deployed of functions) {
    new LambdaDeploymentGroup(stack, `${pascalCase(deployed.row.name)}RollOut`, {
      application,
      role,
      deploymentGroupName: deployed.name,
      alias: deployed.live,
      deploymentConfig,
      // They are in the stack before this one.
      alarms: rollOutAlarmsOf(stage, deployed.row).map((name) => Alarm.fromAlarmName(stack, name, name)),
    });
  }
}
