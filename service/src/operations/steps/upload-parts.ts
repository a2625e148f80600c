import type { UploadGrant, UploadStore } from '../../ports/upload-store.ts';

/** Small enough to send again after a break, large enough that 5 GB are few parts. S3 wants 5 MiB at least. */
const PART_BYTES = 8 * 1024 * 1024;

/** S3 takes up to 10,000. */
const MOST_PARTS = 1000;

/** The size of every part but the last. */
export function sizeOfParts(sizeBytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(sizeBytes / MOST_PARTS));
}

export interface SignedPart {
  /** From 1. */
  readonly number: number;
  readonly size_bytes: number;
  readonly url: string;
}

export interface PartsOfUpload {
  readonly key: string;
  readonly parts_id: string;
  readonly part_size_bytes: number;
}

/** The number and size of every part that an upload has. */
export function planParts(sizeBytes: number, partSize: number): { number: number; size_bytes: number }[] {
  return Array.from({ length: Math.ceil(sizeBytes / partSize) }, (_unused, at) => ({
    number: at + 1,
    size_bytes: Math.min(partSize, sizeBytes - at * partSize),
  }));
}

/** URLs for those of an upload's parts that are wanted. */
export function presignParts(
  uploads: UploadStore,
  { key, parts_id, part_size_bytes }: PartsOfUpload,
  { size_bytes, expires_at }: Pick<UploadGrant, 'size_bytes' | 'expires_at'>,
  wanted: (part: { number: number; size_bytes: number }) => boolean,
): Promise<SignedPart[]> {
  return Promise.all(
    planParts(size_bytes, part_size_bytes)
      .filter(wanted)
      .map(async (part) => ({
        ...part,
        url: await uploads.presignPart(key, parts_id, { ...part, expires_at }),
      })),
  );
}
