import { composeLambdaDeps } from '../../compose/lambda.ts';
import { jobFromText } from '../../domain/job.ts';
import { cleanUpObject } from '../../operations/background/clean-up-object.ts';
import { queueHandlerFor } from './queue-handler.ts';

const deps = composeLambdaDeps();

export const handler = queueHandlerFor(async (text) => {
  const job = jobFromText(text);
  if (job.kind !== 'clean-up-object') throw new Error(`This queue has no jobs of the kind ${job.kind}.`);
  await cleanUpObject(deps, job);
}, deps.log);
