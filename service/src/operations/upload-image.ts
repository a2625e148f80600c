import * as z from 'zod';
import { userOf } from '../domain/access.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError, invalidField, isDomainError } from '../domain/errors.ts';
import { type ImageRecord, isOrWasUnder } from '../domain/image.ts';
import { newImageId } from '../domain/image-id.ts';
import type { CleanUpObject, ReservedRoom } from '../domain/job.ts';
import { attemptObjectKey } from '../domain/object-key.ts';
import { tagList } from '../domain/tag.ts';
import { checksumText, descriptionText, filenameText, titleText, userIdText } from '../domain/text.ts';
import type { ObjectDraft } from '../ports/object-store.ts';
import type { Deps } from './deps.ts';
import { type Doing, eventOf } from './steps/audit.ts';
import { jobsOnArrival } from './steps/jobs-on-arrival.ts';
import { once, type Turn } from './steps/once.ts';
import { type ImageView, presentImage } from './steps/present-image.ts';
import { giveUp, type ReceivedImage, receiveImage } from './steps/receive-image.ts';
import {
  type AskedUpload,
  answeredBefore,
  answerOfUpload,
  madeByAnother,
  NOWHERE,
  StoredByAnother,
} from './steps/repeated-upload.ts';
import { type AnnouncedImage, inReservedRoom, type UploadRoom } from './steps/upload-room.ts';

/** What a caller may say of an image, beside its bytes. */
export const uploadFields = z.strictObject({
  user_id: userIdText.optional(),
  filename: filenameText.optional(),
  title: titleText.optional(),
  description: descriptionText.optional(),
  tags: tagList.optional(),
  checksum_sha256: checksumText.optional(),
});

export type UploadFields = z.output<typeof uploadFields>;

/** The same, once it is known whose image it is. */
type OwnedFields = UploadFields & { readonly user_id: string };

/** What is said of an image before its first byte. */
export interface AnnouncedFields {
  readonly user_id: string | undefined;
  /** Where the request says so exactly. */
  readonly size_bytes: number | undefined;
}

export interface UploadImageInput {
  /** What is known before the first byte of the image; left out, or undefined, where nothing is. */
  readonly announced?: () => Promise<AnnouncedFields | undefined>;
  /** Given: nobody else reads them afterwards. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Called once the bytes are all read: in a form, fields may come after the file. */
  readonly fields: () => Promise<UploadFields>;
  /** Under which the caller may repeat the request, as `idempotencyKey` gives it. */
  readonly idempotency_key?: string | undefined;
}

export interface UploadImageOutput extends ImageView {
  readonly image: ImageRecord;
  /** Set where it is the kept answer to an earlier request. */
  readonly replayed?: true;
}

/**
 * Stores an image. Bytes first, then the record, whose commit makes the image visible; whatever fails
 * before that is taken back. What cannot be taken back now, or failed as `unavailable`, so that it may yet
 * arrive, is left to a job, which looks again later and settles it. A refusal leaves nothing to do.
 *
 * Room of the user's quota is reserved before the bytes are taken, as far as the request says what it
 * needs; otherwise once they are known, before they are committed.
 */
export async function uploadImage(
  deps: Deps,
  caller: Caller,
  asked: UploadImageInput,
): Promise<UploadImageOutput> {
  const input = ownedBy(caller, asked);
  const { idempotency_key: key } = input;
  if (key === undefined) return storeImage(deps, input);
  return once(
    deps,
    { caller, operation: 'upload-image', key },
    {
      async perform(turn) {
        const output = await storeInTurn(deps, input, turn);
        return { output, answer: answerOfUpload(output.image) };
      },
      async replay(answer) {
        const asked = await readUpload(deps, input);
        return { ...(await answeredBefore(deps, answer, asked)), replayed: true };
      },
    },
  );
}

/** An upload of which it is decided, wherever its user is named, whose image it will be. */
interface OwnedUpload extends UploadImageInput {
  readonly doing: Doing;
  readonly announced: () => Promise<AnnouncedImage | undefined>;
  readonly fields: () => Promise<OwnedFields>;
}

function ownedBy(caller: Caller, asked: UploadImageInput): OwnedUpload {
  return {
    ...asked,
    doing: { caller, action: 'upload-image' },
    async announced() {
      const announced = await asked.announced?.();
      return announced && { ...announced, user_id: userOf(caller, announced.user_id) };
    },
    async fields() {
      const fields = await asked.fields();
      return { ...fields, user_id: userOf(caller, fields.user_id) };
    },
  };
}

/**
 * An attempt under an idempotency key. Whichever attempt's record comes first makes the image; any other,
 * which may be going on yet, finds it, and takes back its own bytes, which no record refers to.
 */
async function storeInTurn(deps: Deps, input: OwnedUpload, turn: Turn): Promise<UploadImageOutput> {
  const { image_id, takeovers } = turn;
  const made = takeovers > 0 ? await deps.index.get(image_id) : undefined;
  if (made) return madeByAnother(deps, made, await readUpload(deps, input));
  let stored: UploadImageOutput;
  try {
    stored = await storeImage(deps, input, turn);
  } catch (error) {
    const others = error instanceof StoredByAnother ? await deps.index.get(image_id) : undefined;
    if (!(error instanceof StoredByAnother && others)) throw error;
    return madeByAnother(deps, others, error.attempted);
  }
  // No attempt before this one can get a record any more: what bytes it has left are of no use.
  for (let before = 0; before < takeovers; before++) {
    const place = { image_id, object_key: attemptObjectKey(stored.image.user_id, image_id, before) };
    if (!(await takeBackObject(deps, place))) await leaveToJob(deps, place);
  }
  return stored;
}

/** Reads an upload of which nothing is to be stored, with every check that one has to pass. */
async function readUpload(deps: Deps, input: OwnedUpload): Promise<AskedUpload> {
  const received = await receiveImage({ ...deps, objects: NOWHERE }, input.bytes);
  const fields = await input.fields();
  mustMatch(received, fields);
  return { ...saidOf(fields), checksum_sha256: received.checksum_sha256 };
}

async function storeImage(deps: Deps, input: OwnedUpload, turn?: Turn): Promise<UploadImageOutput> {
  const created_at = deps.clock.now();
  const { image_id, takeovers } = turn ?? { image_id: newImageId(created_at), takeovers: 0 };
  return inReservedRoom(deps, image_id, async (room) => {
    const announced = await input.announced();
    if (announced) await room.announce(announced);
    const received = await receiveImage(deps, input.bytes);
    let fields: OwnedFields;
    try {
      fields = await input.fields();
      mustMatch(received, fields);
      await room.settle(fields.user_id, received.size_bytes);
    } catch (error) {
      await giveUp(received.draft, deps.log);
      throw error;
    }
    const place = { image_id, object_key: attemptObjectKey(fields.user_id, image_id, takeovers) };
    const { draft, ...measured } = received;
    await commitObject(deps, draft, measured, place);
    const said = { ...saidOf(fields), status: deps.statusOnArrival };
    const image = newRecord(place, said, measured, created_at, deps.clock.now());
    try {
      return await insertRecord(deps, room, image, input.doing);
    } catch (error) {
      if (turn && isDomainError(error, 'conflict')) throw new StoredByAnother(image, error);
      throw error;
    }
  });
}

/** Bytes that are not those that the caller meant to send must not be kept. */
function mustMatch(received: Measured, { checksum_sha256: announced }: UploadFields): void {
  if (announced === undefined || announced === received.checksum_sha256) return;
  throw invalidField('checksum_sha256', 'is not the SHA-256 of the bytes that have arrived');
}

/** The names under which an upload is stored. */
type Place = Pick<ImageRecord, 'image_id' | 'object_key'>;
type Measured = Omit<ReceivedImage, 'draft'>;

function saidOf({ user_id, filename, title, description, tags }: OwnedFields) {
  return {
    user_id,
    filename: filename ?? null,
    title: title ?? null,
    description: description ?? null,
    tags: tags ?? [],
  };
}

function newRecord(
  place: Place,
  said: ReturnType<typeof saidOf> & Pick<ImageRecord, 'status'>,
  measured: Measured,
  createdAt: number,
  uploadedAt: number,
): ImageRecord {
  const upload_time = new Date(uploadedAt).toISOString();
  return {
    ...place,
    ...said,
    ...measured,
    rejection_reason: null,
    version: 1,
    revision: 1,
    background_revision: 0,
    created_at: new Date(createdAt).toISOString(),
    upload_time,
    updated_at: upload_time,
    deleted_at: null,
    upload: null,
    placeholder: null,
    presets: null,
    exif: null,
    accepted_at: upload_time,
    former_versions: [],
  };
}

async function commitObject(deps: Deps, draft: ObjectDraft, measured: Measured, place: Place): Promise<void> {
  try {
    await draft.commit(place.object_key, measured);
  } catch (error) {
    const takenBack = await giveUp(draft, deps.log);
    // What a conflict has met is not ours.
    const mayBeLeft = !takenBack && !isDomainError(error, 'conflict');
    if (mayBeLeft || isDomainError(error, 'unavailable')) await leaveToJob(deps, place);
    throw error;
  }
}

async function insertRecord(
  deps: Deps,
  room: UploadRoom,
  image: ImageRecord,
  doing: Doing,
): Promise<UploadImageOutput> {
  let url: ImageView;
  try {
    // Now, because once the image is visible nothing may fail any more.
    url = await presentImage(deps, image, 'inline');
  } catch (error) {
    if (!(await takeBackObject(deps, image))) await leaveToJob(deps, image);
    throw error;
  }
  try {
    await deps.index.insert(image, jobsOnArrival(image), eventOf(deps, doing, image));
  } catch (error) {
    await settleFailedInsert(deps, room, image, error);
  }
  return { image, ...url };
}

/**
 * An insert that failed may have been made all the same, its answer lost on the way. If the record is
 * there, the upload has succeeded; if it is not, the bytes are taken back; where that cannot be known or
 * done now, a job finds out later.
 */
async function settleFailedInsert(
  deps: Deps,
  room: UploadRoom,
  image: ImageRecord,
  error: unknown,
): Promise<void> {
  const { index, log } = deps;
  const mayBeStored = isDomainError(error, 'unavailable');
  let record: ImageRecord | undefined;
  try {
    if (mayBeStored) record = await index.get(image.image_id);
  } catch (cause) {
    log.error({ err: cause, image_id: image.image_id }, 'could not find out how an upload has ended');
    await leaveToJob(deps, image, room.leaveToJob());
    throw error;
  }
  if (record && isOrWasUnder(record, image.object_key)) return;
  const takenBack = await takeBackObject(deps, image);
  if (record) {
    if (!takenBack) await leaveToJob(deps, image);
    throw new DomainError('conflict', 'Another attempt has stored the image.', { cause: error });
  }
  // A write that got no answer may still arrive: then the record has to go too.
  if (mayBeStored) await leaveToJob(deps, image, room.leaveToJob());
  else if (!takenBack) await leaveToJob(deps, image);
  throw error;
}

/** True when the bytes are gone. */
async function takeBackObject({ objects, log }: Deps, { image_id, object_key }: Place): Promise<boolean> {
  try {
    await objects.delete(object_key);
    return true;
  } catch (cause) {
    log.error({ err: cause, image_id }, 'could not take back the bytes of a failed upload now');
    return false;
  }
}

async function leaveToJob(
  { jobs, log }: Deps,
  { image_id, object_key }: Place,
  reserved?: ReservedRoom,
): Promise<void> {
  const job: CleanUpObject = {
    kind: 'clean-up-object',
    image_id,
    object_key,
    ...(reserved ? { reserved } : {}),
  };
  await jobs.enqueue(job).catch((cause: unknown) => {
    log.error({ err: cause, image_id, object_key }, 'could not queue the clean-up of a failed upload');
  });
}
