import { Arn, type Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { FunctionUrl, FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda';
import { type DeployedFunction, pascalCase } from './functions.ts';

/**
 * The URL at which CloudFront reaches a function, whose answers are streamed. Lambda lets in nobody but
 * distributions of this account: ours is of another stack, in another region, and made after it. Both permissions
 * are needed, the second for calls by the URL alone.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-lambda.html
 */
export function openToCloudFront(stack: Stack, { row, live }: DeployedFunction): FunctionUrl {
  const url = new FunctionUrl(stack, `${pascalCase(row.name)}Url`, {
    function: live,
    authType: FunctionUrlAuthType.AWS_IAM,
    invokeMode: InvokeMode.RESPONSE_STREAM,
  });
  const caller = {
    principal: new ServicePrincipal('cloudfront.amazonaws.com'),
    // With the account in it, so that it need not be said apart.
    sourceArn: Arn.format(
      { service: 'cloudfront', region: '', resource: 'distribution', resourceName: '*' },
      stack,
    ),
  };
  live.addPermission('CloudFrontCallsUrl', {
    ...caller,
    action: 'lambda:InvokeFunctionUrl',
    functionUrlAuthType: FunctionUrlAuthType.AWS_IAM,
  });
  live.addPermission('CloudFrontInvokes', {
    ...caller,
    action: 'lambda:InvokeFunction',
    invokedViaFunctionUrl: true,
  });
  return url;
}
