import { PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { isImageId } from '../../src/domain/image-id.ts';
import { imageObjectKey, renditionObjectKey, uploadObjectKey } from '../../src/domain/object-key.ts';
import type { FunctionsHome } from '../support/functions-home.ts';
import { type GatewayAnswer, restEvent } from '../support/gateway-events.ts';
import { guardDutyScanned, queueEvent } from '../support/queue-event.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { bodyOf, type Invoke } from './calls.ts';

/** A stage whose bucket GuardDuty scans. */
const SCANNED = { SCANNER: 'guardduty' };

const USER = 'scanned & söhne';

/** What process-image makes of what GuardDuty has found, of which EventBridge tells its queue. */
export function describeScans(home: () => FunctionsHome, invoke: Invoke): void {
  const upload = async () => {
    const event = restEvent({
      method: 'POST',
      path: '/images',
      query: [['user_id', USER]],
      headers: { 'content-type': 'image/jpeg' },
      body: SMALL_IMAGES['image/jpeg'].bytes,
    });
    const { image_id } = bodyOf((await invoke('upload-image', event, SCANNED)) as GatewayAnswer);
    if (typeof image_id !== 'string' || !isImageId(image_id)) throw new Error('There is no image.');
    return image_id;
  };
  const view = async (image_id: string) => {
    const event = restEvent({ method: 'GET', path: `/images/${image_id}` });
    return bodyOf((await invoke('view-image', event)) as GatewayAnswer);
  };
  /** As GuardDuty does it: first the tag, then the event. */
  const scan = async (key: string, status: string) => {
    const { clients, storage } = home().aws;
    const TagSet = [{ Key: 'GuardDutyMalwareScanStatus', Value: status }];
    const tagged = { Bucket: storage.bucket, Key: key, Tagging: { TagSet } };
    await clients.s3.send(new PutObjectTaggingCommand(tagged));
    return guardDutyScanned(storage.bucket, key, status);
  };
  const process = (messages: Readonly<Record<string, string>>) =>
    invoke('process-image', queueEvent(messages), SCANNED);

  describe('in a bucket that GuardDuty scans', () => {
    test('an image waits for the verdict, whatever its job does, and is shown when it is clean', async () => {
      const image_id = await upload();
      expect(await view(image_id)).toMatchObject({ status: 'scanning', url: null });
      const [job = ''] = await home().take('process-image', image_id);
      expect(await process({ job })).toEqual({ batchItemFailures: [{ itemIdentifier: 'job' }] });
      expect(await view(image_id)).toMatchObject({ status: 'scanning', url: null });
      const scanned = await scan(imageObjectKey(USER, image_id, 1), 'NO_THREATS_FOUND');
      expect(await process({ scanned, job })).toEqual({ batchItemFailures: [] });
      const viewed = await view(image_id);
      expect(viewed).toMatchObject({ status: 'ready', renditions: { thumb: { width: 6, height: 6 } } });
      expect((await fetch(String(viewed['url']))).status).toBe(200);
    });

    test('an infected one is rejected, and never shown', async () => {
      const image_id = await upload();
      const scanned = await scan(imageObjectKey(USER, image_id, 1), 'THREATS_FOUND');
      expect(await process({ scanned })).toEqual({ batchItemFailures: [] });
      expect(await view(image_id)).toMatchObject({
        status: 'rejected',
        rejection_reason: 'infected: GuardDuty',
        url: null,
        renditions: {},
      });
    });

    test('what an event says of itself is worth nothing: the verdict is read where GuardDuty left it', async () => {
      const image_id = await upload();
      const forged = guardDutyScanned(
        home().aws.storage.bucket,
        imageObjectKey(USER, image_id, 1),
        'NO_THREATS_FOUND',
      );
      expect(await process({ forged })).toEqual({ batchItemFailures: [{ itemIdentifier: 'forged' }] });
      expect(await view(image_id)).toMatchObject({ status: 'scanning', url: null });
    });

    test('of uploads under way and of renditions nothing is to be done', async () => {
      const { bucket } = home().aws.storage;
      const image_id = await upload();
      const others = {
        upload: guardDutyScanned(bucket, uploadObjectKey(USER, image_id), 'NO_THREATS_FOUND'),
        rendition: guardDutyScanned(
          bucket,
          renditionObjectKey(USER, image_id, 1, 'thumb.webp'),
          'NO_THREATS_FOUND',
        ),
      };
      expect(await process(others)).toEqual({ batchItemFailures: [] });
      expect(await view(image_id)).toMatchObject({ status: 'scanning' });
    });
  });
}
