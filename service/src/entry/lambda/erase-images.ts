import { createAwsUploads } from '../../compose/aws-uploads.ts';
import { composeLambdaHome } from '../../compose/lambda.ts';
import { eraseImages } from '../../operations/background/erase-images.ts';
import { jobHandlerFor } from './job-handler.ts';

const home = composeLambdaHome({ createUploads: createAwsUploads });

export const handler = jobHandlerFor('erase-images', home, (job) => eraseImages(home.deps, job));
