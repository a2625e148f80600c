import { composeLambdaHome } from '../../compose/lambda.ts';
import { openFunctionSearchFeed } from '../../compose/lambda-search.ts';
import { syncChangedImages, syncSearch } from '../../operations/background/sync-search.ts';
import { jobHandlerFor } from './job-handler.ts';
import type { SqsAnswer, SqsEvent } from './queue-handler.ts';
import { type StreamAnswer, type StreamEvent, streamHandlerFor } from './stream-handler.ts';

const home = composeLambdaHome();
const deps = { ...home.deps, searchFeed: openFunctionSearchFeed() };

const doJobs = jobHandlerFor('sync-search', home, (job) => syncSearch(deps, job));
const follow = streamHandlerFor((changed) => syncChangedImages(deps, changed), home.deps.log);

/** Changes of the table of images as they come, and jobs for those that could not be followed at once. */
export function handler(event: SqsEvent | StreamEvent): Promise<SqsAnswer | StreamAnswer> {
  return isOfStream(event) ? follow(event) : doJobs(event);
}

function isOfStream(event: SqsEvent | StreamEvent): event is StreamEvent {
  const [first] = event.Records;
  return first !== undefined && 'eventSource' in first && first.eventSource === 'aws:dynamodb';
}
