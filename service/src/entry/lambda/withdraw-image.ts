import { composeLambdaHome } from '../../compose/lambda.ts';
import { withdrawImage } from '../../operations/background/withdraw-image.ts';
import { jobHandlerFor } from './job-handler.ts';

const home = composeLambdaHome();

export const handler = jobHandlerFor('withdraw-image', home, (job) => withdrawImage(home.deps, job));
