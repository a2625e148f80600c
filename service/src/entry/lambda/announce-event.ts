import { openAwsWebhooks } from '../../compose/aws-webhooks.ts';
import { composeLambdaHome } from '../../compose/lambda.ts';
import { announceEvent } from '../../operations/background/announce-event.ts';
import { jobHandlerFor } from './job-handler.ts';

const home = composeLambdaHome({ openWebhooks: openAwsWebhooks });

export const handler = jobHandlerFor('announce-event', home, (job) => announceEvent(home.deps, job));
