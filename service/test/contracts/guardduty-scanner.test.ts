import { PutObjectCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import { GuardDutyScanner } from '../../src/drivers/aws/guardduty-scanner.ts';
import { startS3 } from '../emulators/s3/s3.ts';
import { BUCKET, clientAt, createSampleBucket } from '../emulators/s3/sample-bucket.ts';
import { EICAR } from '../support/eicar-images.ts';
import { objectOf } from '../support/scanned-object.ts';
import { describeScanner } from './scanner.contract.ts';

describeScanner(
  'GuardDuty, for which tags are written here',
  async () => {
    const s3 = await startS3();
    const client = clientAt(s3.endpoint);
    await createSampleBucket(client);
    let [objects, running] = [0, true];
    const stop = async () => {
      if (running) await s3.stop();
      running = false;
    };
    return {
      scanner: new GuardDutyScanner({ client, bucket: BUCKET }),
      async offer(bytes) {
        const key = `alice/${++objects}`;
        const place = { Bucket: BUCKET, Key: key };
        await client.send(new PutObjectCommand({ ...place, Body: bytes }));
        const Value = bytes.includes(EICAR) ? 'THREATS_FOUND' : 'NO_THREATS_FOUND';
        const Tagging = { TagSet: [{ Key: 'GuardDutyMalwareScanStatus', Value }] };
        await client.send(new PutObjectTaggingCommand({ ...place, Tagging }));
        return { ...objectOf(bytes), key };
      },
      breakDown: stop,
      async close() {
        client.destroy();
        await stop();
      },
    };
  },
  { signature: 'GuardDuty' },
);
