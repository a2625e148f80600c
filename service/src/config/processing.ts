import * as z from 'zod';
import type { PresetFormat } from '../domain/rendition.ts';
import { wholeNumber } from './numbers.ts';

/** What is made of images, and what is kept of them. */
export interface ProcessingConfig {
  readonly presetFormat: PresetFormat;
  /** Whether what is told of an image says where it was taken. */
  readonly keepGps: boolean;
  /** Whether originals are rewritten without where they were taken, before they are served. */
  readonly stripGps: boolean;
  /** How many versions of an image are kept beside the current one. */
  readonly keepVersions: number;
  /** How long a deleted image lies in the trash; 0: it is gone at once. */
  readonly trashDays: number;
}

/** Former versions lie in the image's record, which DynamoDB bounds. */
const MOST_VERSIONS = 100;

export const processingEnvironment = {
  RENDITION_FORMAT: z.enum(['webp', 'avif'], 'must be webp or avif').default('webp'),
  KEEP_GPS: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .transform((text) => text === 'true'),
  STRIP_GPS: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .transform((text) => text === 'true'),
  KEEP_VERSIONS: wholeNumber(0, MOST_VERSIONS).default(10),
  TRASH_DAYS: wholeNumber(0, 3650).default(0),
};

export function processingOf(env: z.output<z.ZodObject<typeof processingEnvironment>>): ProcessingConfig {
  return {
    presetFormat: env.RENDITION_FORMAT,
    keepGps: env.KEEP_GPS,
    stripGps: env.STRIP_GPS,
    keepVersions: env.KEEP_VERSIONS,
    trashDays: env.TRASH_DAYS,
  };
}
