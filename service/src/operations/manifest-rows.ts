import type { Scope } from '../domain/caller.ts';
import type { JobKind } from '../domain/job.ts';

/** What a row of the manifest says (manifest.ts). */

export type TableAction = 'get' | 'get-several' | 'put' | 'update' | 'delete' | 'query';

/** The parts that a function uses, and how: no more is granted to it. */
export interface Touches {
  readonly images?: readonly TableAction[];
  /** `query-everyone`: the index over all users. */
  readonly listings?: readonly (TableAction | 'query-everyone')[];
  /** Quotas and idempotency keys. */
  readonly ledger?: readonly TableAction[];
  /** Who did what. Events are written, and read by who may; nothing changes them. */
  readonly audit?: readonly ('put' | 'query' | 'query-everyone')[];
  readonly objects?: readonly ('put' | 'get' | 'get-tags' | 'list' | 'delete' | 'presign-read')[];
  /** Bytes of announced uploads, which lie apart from images. */
  readonly uploads?: readonly ('put' | 'get' | 'delete' | 'list-parts' | 'abort')[];
  /** The kinds of jobs that it queues. */
  readonly jobs?: readonly JobKind[];
  /** The secret that page keys are signed with. */
  readonly signing?: 'read';
  /** What finds images by their texts, where the stage has that. `write`: and makes it where it is not there. */
  readonly search?: 'read' | 'write';
  /** The caches of the distribution in front of the bucket, where there is one. */
  readonly edge?: 'invalidate';
}

export interface FunctionRow {
  /** Verb and noun; the name of the operation's file, route, function and page alike. */
  readonly name: string;
  readonly touches: Touches;
  /** Of its function on AWS. */
  readonly memory_mb: number;
  readonly timeout_seconds: number;
}

/**
 * The queues that feed functions: of S3's events about uploads that have arrived, of clean-ups (`jobs`), and one
 * for each other kind of job, since each has a function with a role of its own.
 */
export type QueueName =
  | 'jobs'
  | 'uploads'
  | 'announce-event'
  | 'process-image'
  | 'withdraw-image'
  | 'erase-images'
  | 'sync-search';

export interface BackgroundRow extends FunctionRow {
  readonly trigger:
    | {
        readonly queue: QueueName;
        /** The table whose changes start it as well: a stage without a search has no such function. */
        readonly stream?: 'images';
      }
    | { readonly every_minutes: number }
    /** CloudFront, for a rendition that is not in the bucket: a stage without an edge has no such function. */
    | { readonly edge: 'renditions' };
}

/** A token's scope; or `open`: nobody is asked for a token, and one that comes is not looked at. */
export type Admission = Scope | 'open';

export interface OperationRow extends FunctionRow {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly aliases: readonly string[];
  /** What a caller's token must allow. */
  readonly scope: Admission;
}
