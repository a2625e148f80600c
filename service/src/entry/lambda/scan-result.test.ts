import { describe, expect, test } from 'vitest';
import { guardDutyScanned } from '../../../test/support/queue-event.ts';
import { newImageId } from '../../domain/image-id.ts';
import {
  attemptObjectKey,
  imageObjectKey,
  renditionObjectKey,
  replacementObjectKey,
  uploadObjectKey,
} from '../../domain/object-key.ts';
import { jobOfScanResult } from './scan-result.ts';

const image_id = newImageId(Date.now());

const scanned = (key: string) => jobOfScanResult(guardDutyScanned('images', key, 'NO_THREATS_FOUND'));

describe('an event of EventBridge about a scan', () => {
  test.each([
    ['an image', imageObjectKey('söhne & co/1', image_id, 1), 1],
    ['a later version', imageObjectKey('alice', image_id, 12), 12],
    ['an upload that was tried again', attemptObjectKey('alice', image_id, 3), 1],
    ['a replacement that was tried again', replacementObjectKey('alice', image_id, 4, 2), 4],
  ])('of %s is a job to look at that version', (_what, key, version) => {
    const job = { kind: 'process-image', image_id, version };
    expect(scanned(key)).toEqual({ isScanResult: true, job });
  });

  test.each([
    ['an upload under way', uploadObjectKey('alice', image_id)],
    ['a rendition', renditionObjectKey('alice', image_id, 1, 'thumb.webp')],
    ["GuardDuty's own object", 'malware-protection-resource-validation-object'],
    ['nothing', ''],
  ])('of %s is nothing to do', (_what, key) => {
    expect(scanned(key)).toEqual({ isScanResult: true });
  });

  test.each([
    ['a job of ours', JSON.stringify({ kind: 'process-image', image_id, version: 1 })],
    ['no JSON', '{"source":"aws.guardd'],
    ['null', 'null'],
    ['what somebody else tells', JSON.stringify({ source: 'aws.s3', detail: {} })],
  ])('is not %s', (_what, text) => {
    expect(jobOfScanResult(text)).toEqual({ isScanResult: false });
  });
});
