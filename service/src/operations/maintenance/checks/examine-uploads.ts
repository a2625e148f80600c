import type { ImageRecord } from '../../../domain/image.ts';
import { imageIdOfUpload, type ObjectKey, uploadObjectKey } from '../../../domain/object-key.ts';
import type { ExaminedHome, Examining, Finding } from './finding.ts';
import { lookedAt, secondLook } from './second-look.ts';

/** Bytes, or with `parts_id` an upload in parts, that have lain there for long. */
interface LeftUpload {
  readonly key: ObjectKey;
  readonly image_id: string;
  readonly parts_id: string | undefined;
  readonly last_modified: Date;
}

/** Finds what was sent for uploads that there are no more. */
export async function* examineUploads(examining: Examining): AsyncGenerator<Finding> {
  const { home, settle, mender } = examining;
  const suspects = lookedAt(leftUploads(examining), async (left) => {
    return isStray(await home.index.get(left.image_id), left) ? left : undefined;
  });
  yield* secondLook(suspects, settle, async function* (left) {
    if (!isStray(await home.index.get(left.image_id), left) || !(await isThere(home, left))) return;
    const { key, image_id, parts_id } = left;
    if (mender && parts_id !== undefined) await mender.uploads.discardParts(key, parts_id);
    else if (mender) await mender.uploads.discard(key);
    const what = `${parts_id === undefined ? 'bytes' : 'an upload in parts'} of ${left.last_modified.toISOString()} of no upload that is under way`;
    const name = parts_id === undefined ? {} : { name: parts_id };
    yield { kind: 'stray-upload', image_id, key, ...name, what, mended: mender !== undefined };
  });
}

async function* leftUploads({ home, before }: Examining): AsyncGenerator<LeftUpload> {
  for await (const { key, last_modified } of home.uploads.list()) {
    const image_id = imageIdOfUpload(key);
    if (image_id === undefined || last_modified.getTime() >= before) continue;
    yield { key, image_id, parts_id: undefined, last_modified };
  }
  for await (const { key, parts_id, last_modified } of home.begunUploads.walk()) {
    const image_id = imageIdOfUpload(key);
    if (image_id === undefined || last_modified.getTime() >= before) continue;
    yield { key, image_id, parts_id, last_modified };
  }
}

async function isThere({ uploads }: ExaminedHome, { key, parts_id }: LeftUpload): Promise<boolean> {
  if (parts_id !== undefined) return (await uploads.listParts(key, parts_id)) !== undefined;
  const object = await uploads.open(key);
  await object?.close();
  return object !== undefined;
}

/** What belongs to an upload under way goes with its record, in time. */
function isStray(record: ImageRecord | undefined, { key, parts_id }: LeftUpload): boolean {
  if (record?.status !== 'pending') return true;
  // There are file systems that do not tell `A` from `a`.
  const own = uploadObjectKey(record.user_id, record.image_id);
  if (own.toLowerCase() !== key.toLowerCase()) return true;
  return parts_id !== undefined && record.upload?.parts_id !== parts_id;
}
