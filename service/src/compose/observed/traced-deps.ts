import type { Attempt, Job } from '../../domain/job.ts';
import type { JobDeps } from '../../operations/background/do-job.ts';
import type { Deps } from '../../operations/deps.ts';
import type { Log } from '../../ports/log.ts';
import type { Tracer } from '../../ports/tracer.ts';
import { tracedPort } from './traced-port.ts';

/** The parts of a home, each call of which is a span below whatever makes it. */
export function tracedDeps<Of extends Deps>(deps: Of, tracer: Tracer): Of {
  const { index, search, objects, uploads, jobs, keys, quotas, audit, links, renderer, webhooks } = deps;
  const object = { begin: 'objects.draft', open: 'objects.object' };
  return {
    ...deps,
    index: tracedPort(tracer, 'index', index),
    search: search && tracedPort(tracer, 'search', search),
    objects: tracedPort(tracer, 'objects', objects, object),
    uploads: tracedPort(tracer, 'uploads', uploads, { open: 'uploads.object' }),
    jobs: tracedPort(tracer, 'jobs', jobs),
    keys: tracedPort(tracer, 'keys', keys),
    quotas: tracedPort(tracer, 'quotas', quotas, { reserve: 'quotas.reservation' }),
    audit: tracedPort(tracer, 'audit', audit),
    links: tracedPort(tracer, 'links', links),
    renderer: tracedPort(tracer, 'renderer', renderer),
    webhooks: webhooks && {
      registry: tracedPort(tracer, 'webhooks', webhooks.registry),
      deliveries: tracedPort(tracer, 'deliveries', webhooks.deliveries),
      sender: tracedPort(tracer, 'sender', webhooks.sender),
    },
  };
}

/** The parts that jobs alone have. */
export type JobParts = Pick<JobDeps, 'scanner' | 'edge' | 'searchFeed'>;

export function tracedJobParts<Of extends JobParts>(parts: Of, tracer: Tracer): Of {
  const { scanner, edge, searchFeed } = parts;
  return {
    ...parts,
    scanner: scanner && tracedPort(tracer, 'scanner', scanner),
    edge: edge && tracedPort(tracer, 'edge', edge),
    searchFeed: searchFeed && {
      records: tracedPort(tracer, 'records', searchFeed.records),
      writer: tracedPort(tracer, 'searchWriter', searchFeed.writer),
    },
  };
}

type Work = (job: Job, attempt: Attempt) => Promise<void>;

/** A span for each try of a job. Its cause has ended long before: it is a trace of its own. */
export function tracedWork(work: Work, tracer: Tracer): Work {
  return async (job, attempt) => {
    const attributes = { 'tintype.job.kind': job.kind, 'tintype.job.attempt': attempt.number };
    const span = tracer.begin(job.kind, { kind: 'job', attributes });
    try {
      await span.run(() => work(job, attempt));
    } catch (error) {
      span.fail('failed');
      throw error;
    } finally {
      span.end();
    }
  };
}

/** Lines say to which trace they belong. */
export function tracedLog(log: Log, tracer: Tracer): Log {
  const within = (fields: object) => {
    const trace_id = tracer.traceId();
    return trace_id === undefined ? fields : { ...fields, trace_id };
  };
  return {
    info: (fields, message) => log.info(within(fields), message),
    warn: (fields, message) => log.warn(within(fields), message),
    error: (fields, message) => log.error(within(fields), message),
  };
}
