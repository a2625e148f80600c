import { composeLambdaHome } from '../../compose/lambda.ts';
import { openWebhookSender } from '../../compose/webhook-sender.ts';
import { announceEvent } from '../../operations/background/announce-event.ts';
import { jobHandlerFor } from './job-handler.ts';

const home = composeLambdaHome({ openSender: openWebhookSender });

export const handler = jobHandlerFor('announce-event', home, (job) => announceEvent(home.deps, job));
