import { openAwsLinks } from '../../compose/aws-links.ts';
import { composeLambdaHome } from '../../compose/lambda.ts';
import { openFunctionEdge } from '../../compose/lambda-edge.ts';
import { withdrawImage } from '../../operations/background/withdraw-image.ts';
import { jobHandlerFor } from './job-handler.ts';

const home = composeLambdaHome({ openLinks: openAwsLinks });
const deps = { ...home.deps, edge: await openFunctionEdge() };

export const handler = jobHandlerFor('withdraw-image', home, (job) => withdrawImage(deps, job));
