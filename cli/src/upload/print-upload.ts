import { TintypeError } from '@tintype/client';
import type { Server } from '../connection.ts';
import { failureLine } from '../failure-text.ts';
import { bytesText } from '../terminal.ts';
import { plainText } from '../text/plain-text.ts';
import type { FoundImages } from './find-images.ts';
import { FileFailure } from './store-image.ts';
import type { FinishedFile, Outcome } from './upload-run.ts';

/** What has become of the files of a run. */
export interface Tally {
  readonly counts: Readonly<Record<Outcome['outcome'], number>>;
  /** Of what was uploaded, or would be. */
  readonly bytes: number;
}

export const NOTHING_YET: Tally = {
  counts: { uploaded: 0, present: 0, would_upload: 0, identical: 0, failed: 0, stopped: 0 },
  bytes: 0,
};

/** One file more. */
export function tallied({ counts, bytes }: Tally, { file, result: { outcome } }: FinishedFile): Tally {
  const isUpload = outcome === 'uploaded' || outcome === 'would_upload';
  return {
    counts: { ...counts, [outcome]: counts[outcome] + 1 },
    bytes: bytes + (isUpload ? file.size : 0),
  };
}

/** A finished file for people; undefined where there is no need to say anything: it is counted at the end. */
export function finishedLine({ file, result }: FinishedFile): string | undefined {
  const path = plainText(file.path);
  switch (result.outcome) {
    case 'uploaded':
      return `uploaded ${plainText(String(result.image_id))}  ${path}`;
    case 'would_upload':
      return `would upload  ${path}`;
    case 'present':
      return file.isNamed ? `is there   ${plainText(String(result.image_id))}  ${path}` : undefined;
    case 'identical':
      return file.isNamed ? `identical to ${plainText(result.path)}  ${path}` : undefined;
    default:
      return undefined;
  }
}

/** The same for programs. */
export function finishedJson({ file, checksum, result }: FinishedFile, server: Server): string {
  const { path, size: size_bytes } = file;
  const { outcome } = result;
  const what = outcome === 'identical' ? { ...result, identical_to: result.path } : result;
  const { image_id, identical_to } = what as { image_id?: string; identical_to?: string };
  const failure = result.outcome === 'failed' ? { error: errorJson(result.error, server) } : {};
  return JSON.stringify({
    path,
    outcome,
    image_id,
    identical_to,
    size_bytes,
    checksum_sha256: checksum,
    ...failure,
  });
}

function errorJson(error: unknown, server: Server): object {
  if (error instanceof TintypeError) {
    const { code, request_id } = error;
    return { code, message: failureLine(error, server), request_id };
  }
  return { code: 'file', message: failureLine(error, server) };
}

/** Why a file was not uploaded, for the list at the end. */
export function failedLine(path: string, error: unknown, server: Server): string {
  const reason = failureLine(error, server);
  const id =
    error instanceof TintypeError && error.request_id ? ` (request id ${plainText(error.request_id)})` : '';
  return error instanceof FileFailure
    ? `  ${plainText(path)} ${reason}`
    : `  ${plainText(path)}: ${reason}${id}`;
}

/** What the run has come to, in a line. */
export function summaryText({ counts, bytes }: Tally, { hidden, others }: FoundImages): string {
  const size = bytes > 0 ? ` (${bytesText(bytes)})` : '';
  const parts =
    counts.would_upload > 0
      ? [`${counts.would_upload} would be uploaded${size}`]
      : [`${counts.uploaded} uploaded${size}`];
  if (counts.present > 0) parts.push(`${counts.present} there already`);
  if (counts.identical > 0) parts.push(`${counts.identical} identical to others of these`);
  if (counts.failed > 0) parts.push(`${counts.failed} failed`);
  if (counts.stopped > 0) parts.push(`${counts.stopped} not done`);
  const passed = [
    ...(others > 0 ? [`${others} that ${others === 1 ? 'is no image' : 'are no images'}`] : []),
    ...(hidden > 0 ? [`${hidden} hidden`] : []),
  ];
  const passedOver = passed.length > 0 ? `; passed over: ${passed.join(', ')}` : '';
  return `${parts.join(', ')}${passedOver}`;
}

/** The same for programs. */
export function summaryJson({ counts, bytes }: Tally, { hidden, others }: FoundImages): string {
  return JSON.stringify({ summary: { ...counts, bytes, hidden, not_images: others } });
}
