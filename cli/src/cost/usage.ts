import type { StageSettings } from '../../../infra/src/stages.ts';
import type { Region } from './prices.ts';

/** What of the deployed settings costs money. */
export type PricedSettings = Pick<
  StageSettings,
  'auditDays' | 'bucketVersions' | 'logDays' | 'malwareScan' | 'tracing'
>;

/** The operations that requests of a month fall upon. */
export const CALLED = ['upload-image', 'view-image', 'list-images', 'update-image', 'delete-image'] as const;
export type Called = (typeof CALLED)[number];

/** What follows in the background: on each upload the first, on each deletion the second. */
export const FOLLOWING = ['process-image', 'withdraw-image'] as const;
export type Following = (typeof FOLLOWING)[number];

/** Every function whose time is billed. */
export const TIMED = [...CALLED, ...FOLLOWING] as const;
export type Timed = (typeof TIMED)[number];

/** A month, as whoever asks for its bill describes it. */
export interface Usage {
  readonly region: Region;
  readonly stage: string;
  readonly settings: PricedSettings;
  readonly uploads: number;
  /** By id, or by `/content`: both cost the same. */
  readonly views: number;
  /** Pages of 50, of one owner. */
  readonly lists: number;
  /** Pages of 50, over all users. */
  readonly lists_of_all: number;
  /** Objects fetched at signed URLs. */
  readonly downloads: number;
  readonly updates: number;
  readonly deletes: number;
  readonly average_bytes: number;
  readonly tags: number;
  /** The average over the month. */
  readonly images_stored: number;
  /** CloudFront in front of the bucket, and of how many of its requests it has the answer itself. */
  readonly cdn?: { readonly hit_rate: number };
  /** Milliseconds that a function is billed for, on average. */
  readonly durations: Readonly<Record<Timed, number>>;
}

/** Guesses until you have your own: what Lambda bills for a call, in milliseconds. Cold starts are in none. */
export const ASSUMED_DURATIONS: Readonly<Record<Timed, number>> = {
  'upload-image': 200,
  'view-image': 30,
  'list-images': 60,
  'update-image': 60,
  'delete-image': 80,
  'process-image': 1500,
  'withdraw-image': 200,
};

/** A guess too: the presets that are made of an image, and what they take together. */
export const PRESETS_OF_AN_IMAGE = 4;
export const PRESET_BYTES = 400_000;

/** Of SQS for a job: it is sent, received and deleted. */
export const REQUESTS_OF_A_JOB = 3;

export const ASSUMED_HIT_RATE = 0.8;

/** Of an answer with one image, and of a page of 50: their signed URLs, with a session's token, are most of it. */
export const ANSWER_BYTES = 2_500;
export const PAGE_BYTES = 110_000;

/** Lines of a request: a function's own with those of Lambda, and the gateway's. */
export const FUNCTION_LOG_BYTES = 800;
export const GATEWAY_LOG_BYTES = 400;

/** S3 keeps what was deleted where the bucket has versions: infra/src/buckets.ts. */
export const DELETED_KEPT_MONTHS = 1;

/** X-Ray's own rule: the first request of each second, and a twentieth of the others. */
export const TRACED_SHARE = 0.05;
