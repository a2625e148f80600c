import type { ImageRecord } from '../../../domain/image.ts';
import type { ObjectKey } from '../../../domain/object-key.ts';
import type { BegunUploads } from '../../../ports/begun-uploads.ts';
import type { DeadJobs } from '../../../ports/dead-jobs.ts';
import type { ImageIndex } from '../../../ports/image-index.ts';
import type { KnownJobs } from '../../../ports/known-jobs.ts';
import type { ListingCheck } from '../../../ports/listing-check.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { TemporaryFiles } from '../../../ports/temporary-files.ts';
import type { UploadStore } from '../../../ports/upload-store.ts';
import type { Deps } from '../../deps.ts';
import type { CountedHome } from '../recount-usage.ts';

/** What can be wrong, in the order in which it is looked for. */
export const FINDING_KINDS = [
  /** A job that has failed for good. */
  'dead-job',
  /** An announced upload that should have ended long ago. */
  'stuck-upload',
  /** An image that waits to be scanned or decoded, and nothing will. */
  'stuck-image',
  /** An image whose bytes are not there. */
  'missing-bytes',
  /** The same of a former version. */
  'missing-version',
  /** A preset that the record speaks of is not there. */
  'missing-rendition',
  /** Bytes that are there are not those of the record. */
  'damaged-object',
  /** Bytes, or parts of them, sent for an upload that there is no more. */
  'stray-upload',
  /** Bytes, or a rendition, that no record refers to. */
  'orphan-object',
  /** Rows by which listings find an image are missing, or say something else than its record. */
  'wrong-listing',
  /** A row that belongs to no image. */
  'stray-listing',
  /** What is left of bytes on their way. */
  'temporary-file',
  /** Something else is counted of a user than the records come to. */
  'wrong-count',
] as const;

export type FindingKind = (typeof FINDING_KINDS)[number];

/** Something that is wrong, as plain data. */
export interface Finding {
  readonly kind: FindingKind;
  readonly image_id?: string;
  readonly user_id?: string;
  readonly key?: ObjectKey;
  /** A job's, a row's or a file's own name. */
  readonly name?: string;
  /** What is wrong with it, for people. */
  readonly what: string;
  readonly mended: boolean;
  /** What has been removed with it, so that nothing that anybody wrote is lost without a trace. */
  readonly removed_record?: ImageRecord;
}

/** What is looked at. Nothing of it is changed. */
export interface ExaminedHome extends CountedHome {
  readonly index: Pick<ImageIndex, 'get'>;
  readonly objects: Pick<ObjectStore, 'open' | 'list'>;
  readonly uploads: Pick<UploadStore, 'list' | 'open' | 'listParts'>;
  readonly begunUploads: BegunUploads;
  readonly listings: Omit<ListingCheck, 'removeStray'>;
  /** Undefined where jobs cannot be searched. */
  readonly knownJobs: KnownJobs | undefined;
  /** Undefined where those that have failed for good cannot be listed. */
  readonly deadJobs: Pick<DeadJobs, 'listDead'> | undefined;
  /** Undefined where there are none. */
  readonly temporaryFiles: TemporaryFiles | undefined;
}

/** What mends: the parts of the home that can be written. */
export interface Mender extends Pick<Deps, 'index' | 'objects' | 'uploads' | 'quotas' | 'clock' | 'log'> {
  readonly listings: Pick<ListingCheck, 'removeStray'>;
}

export interface Seen {
  /** Records. */
  images: number;
  /** Objects of images, and renditions. */
  objects: number;
  users: number;
}

/** One examination. */
export interface Examining {
  readonly home: ExaminedHome;
  /** Undefined where things are only to be found. */
  readonly mender: Mender | undefined;
  /** What is younger, in milliseconds since 1970, may be under way: it is not touched. */
  readonly before: number;
  /** Resolves when whatever was under way has come to its end. */
  readonly settle: () => Promise<void>;
  /** False where records and objects do not seem to be of one home: then none is removed for lack of the other. */
  readonly mayRemove: boolean;
  /** All bytes are read, too. */
  readonly scrub: boolean;
  /** How much has been looked at. */
  readonly seen: Seen;
}
