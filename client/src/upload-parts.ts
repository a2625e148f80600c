import type { Image, UploadPart, UploadParts } from './api-types.ts';
import { TintypeError } from './errors.ts';
import { mayPass, retrying } from './retry.ts';
import { listParts } from './steps.ts';
import type { Upload } from './upload-under-way.ts';

/** As many connections as browsers have left beside others to the same host. */
const PARTS_AT_A_TIME = 4;

/** How often what is missing is sent again without one more part having arrived. */
const FRUITLESS_ROUNDS = 3;

interface BegunParts extends Pick<UploadParts, 'part_size_bytes' | 'parts'> {
  readonly image_id: string;
  /** Some of it may have arrived before. */
  readonly replayed: boolean;
}

/** Sends the parts that are missing, taking up again what broke with fresh URLs, and completes the image. */
export async function uploadParts(
  upload: Upload,
  { image_id, part_size_bytes, parts, replayed }: BegunParts,
  complete: () => Promise<Image>,
): Promise<Image> {
  const { connection, signal } = upload;
  const retry = { wait: connection.wait, signal };
  const stillMissing = async () =>
    (await retrying(() => listParts(connection, image_id, { signal }), retry)).parts;
  let missing = replayed ? await stillMissing() : parts;
  for (let fruitless = 1; ; fruitless++) {
    countArrived(upload, missing, part_size_bytes);
    try {
      await sendParts(upload, missing, part_size_bytes);
      return await complete();
    } catch (error) {
      signal?.throwIfAborted();
      if (fruitless >= FRUITLESS_ROUNDS || !mayBeTakenUp(error)) throw error;
    }
    const left = await stillMissing();
    if (left.length < missing.length) fruitless = 0;
    missing = left;
  }
}

function countArrived({ bytes, progress }: Upload, missing: readonly UploadPart[], partSize: number): void {
  const numbers = new Set(missing.map(({ number }) => number));
  for (let number = 1, from = 0; from < bytes.size; number++, from += partSize) {
    if (!numbers.has(number)) progress.sent(number, Math.min(partSize, bytes.size - from));
  }
}

/** A URL that has ended, a part that has got lost, a store that did not come round in time. */
function mayBeTakenUp(error: unknown): boolean {
  if (!(error instanceof TintypeError)) return false;
  return mayPass(error) || ['forbidden', 'conflict', 'unexpected_answer'].includes(error.code);
}

/** Sends some at a time; after the first that fails no further one is begun. */
async function sendParts(upload: Upload, parts: readonly UploadPart[], partSize: number): Promise<void> {
  const left = [...parts];
  const failures: unknown[] = [];
  const work = async () => {
    for (let part = left.shift(); part && failures.length === 0; part = left.shift()) {
      await sendPart(upload, part, partSize).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: PARTS_AT_A_TIME }, work));
  if (failures.length > 0) throw failures[0];
}

function sendPart(upload: Upload, { number, size_bytes, url }: UploadPart, partSize: number) {
  const { connection, bytes, progress, sendBytes, signal } = upload;
  const from = (number - 1) * partSize;
  const body = bytes.slice(from, from + size_bytes);
  const onSent = (sent: number) => progress.sent(number, sent);
  const attempt = () => sendBytes({ method: 'PUT', url, headers: {}, body, signal, onSent });
  return retrying(attempt, { wait: connection.wait, signal });
}
