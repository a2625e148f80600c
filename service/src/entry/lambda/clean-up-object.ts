import { composeLambdaDeps } from '../../compose/lambda.ts';
import { cleanUpObject } from '../../operations/background/clean-up-object.ts';
import { queueHandlerFor } from './queue-handler.ts';

const deps = composeLambdaDeps();

export const handler = queueHandlerFor((job) => cleanUpObject(deps, job), deps.log);
