import { composeLambdaHome } from '../../compose/lambda.ts';
import { cleanUpObject } from '../../operations/background/clean-up-object.ts';
import { jobHandlerFor } from './job-handler.ts';

const home = composeLambdaHome();

export const handler = jobHandlerFor('clean-up-object', home, (job) => cleanUpObject(home.deps, job));
