import {
  type CodeDeployClient,
  ListDeploymentsCommand,
  StopDeploymentCommand,
} from '@aws-sdk/client-codedeploy';
import {
  GetAliasCommand,
  type LambdaClient,
  paginateListVersionsByFunction,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { LIVE } from './live.ts';
import { functionsOf } from './rows.ts';
import { stageNamed } from './stages.ts';

export interface RollbackClients {
  readonly lambda: LambdaClient;
  readonly codedeploy: CodeDeployClient;
}

/** Says what has been done, a line each. */
export type Report = (line: string) => void;

/**
 * Puts every function's alias back to the version before the one that it names, all of them or as many as
 * it can. A roll-out that still goes on is stopped first, which alone brings the version before back.
 * @returns how many functions stayed as they were because there is no version before, or it failed.
 */
export async function rollBack(clients: RollbackClients, stage: string, report: Report): Promise<number> {
  let left = 0;
  for (const { name } of functionsOf(stageNamed(stage))) {
    const functionName = `tintype-${stage}-${name}`;
    try {
      const done = await rollBackFunction(clients, functionName, `tintype-${stage}`);
      report(`${name}: ${done.what}`);
      if (!done.moved) left++;
    } catch (error) {
      report(`${name}: failed: ${error instanceof Error ? error.message : String(error)}`);
      left++;
    }
  }
  return left;
}

interface Done {
  readonly moved: boolean;
  readonly what: string;
}

async function rollBackFunction(
  { lambda, codedeploy }: RollbackClients,
  functionName: string,
  application: string,
): Promise<Done> {
  const stopped = await stopRollOut(codedeploy, application, functionName);
  if (stopped) return { moved: true, what: `its roll-out ${stopped} is stopped, and goes back by itself` };
  const { FunctionVersion } = await lambda.send(
    new GetAliasCommand({ FunctionName: functionName, Name: LIVE }),
  );
  const current = Number(FunctionVersion);
  const before = await versionBefore(lambda, functionName, current);
  if (before === undefined)
    return { moved: false, what: `stays at version ${current}: there is none before it` };
  await lambda.send(
    new UpdateAliasCommand({
      FunctionName: functionName,
      Name: LIVE,
      FunctionVersion: String(before),
      RoutingConfig: { AdditionalVersionWeights: {} },
    }),
  );
  return { moved: true, what: `version ${current} to ${before}` };
}

/** The id of the deployment that went on, if there was one. */
async function stopRollOut(
  codedeploy: CodeDeployClient,
  applicationName: string,
  deploymentGroupName: string,
): Promise<string | undefined> {
  const { deployments = [] } = await codedeploy.send(
    new ListDeploymentsCommand({
      applicationName,
      deploymentGroupName,
      includeOnlyStatuses: ['Created', 'Queued', 'InProgress'],
    }),
  );
  const [deploymentId] = deployments;
  if (deploymentId === undefined) return undefined;
  await codedeploy.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true }));
  return deploymentId;
}

async function versionBefore(
  client: LambdaClient,
  FunctionName: string,
  current: number,
): Promise<number | undefined> {
  let before: number | undefined;
  for await (const { Versions = [] } of paginateListVersionsByFunction({ client }, { FunctionName })) {
    for (const { Version } of Versions) {
      const number = Number(Version); // NaN for $LATEST.
      if (number < current && number > (before ?? 0)) before = number;
    }
  }
  return before;
}
