import type { ProcessImage } from '../../domain/job.ts';
import { imageIdOfKey, versionOfKey } from '../../domain/object-key.ts';

/** https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html */
interface ScanResultEvent {
  readonly source?: string;
  readonly detail?: { readonly s3ObjectDetails?: { readonly objectKey?: string } };
}

/**
 * Whether a message is EventBridge's event of a finished scan, and the job that follows from it: none for
 * objects that are no image's. What the scan has found is not taken from the event, but read where GuardDuty
 * has left it.
 */
export function jobOfScanResult(text: string): {
  readonly isScanResult: boolean;
  readonly job?: ProcessImage;
} {
  const event = eventIn(text);
  if (event?.source !== 'aws.guardduty') return { isScanResult: false };
  const key = event.detail?.s3ObjectDetails?.objectKey ?? '';
  const image_id = imageIdOfKey(key);
  if (image_id === undefined) return { isScanResult: true };
  return { isScanResult: true, job: { kind: 'process-image', image_id, version: versionOfKey(key) } };
}

/** What is no JSON is no job either: whoever reads it as one says so. */
function eventIn(text: string): ScanResultEvent | null {
  try {
    return JSON.parse(text) as ScanResultEvent | null;
  } catch {
    return null;
  }
}
