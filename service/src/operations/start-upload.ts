import * as z from 'zod';
import { userOf } from '../domain/access.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError, isDomainError, payloadTooLarge } from '../domain/errors.ts';
import type { AnnouncedUpload, ImageRecord, UploadMethod } from '../domain/image.ts';
import { type ImageId, newImageId } from '../domain/image-id.ts';
import { MEDIA_TYPES } from '../domain/media-type.ts';
import { imageObjectKey, uploadObjectKey } from '../domain/object-key.ts';
import type { Deps } from './deps.ts';
import { type Doing, eventOf } from './steps/audit.ts';
import { fingerprintOf, idempotencyKeyReused, once } from './steps/once.ts';
import { presignParts, type SignedPart, sizeOfParts } from './steps/upload-parts.ts';
import { inReservedRoom } from './steps/upload-room.ts';
import { uploadFields } from './upload-image.ts';

/** What a caller announces of an image whose bytes go straight to the store. */
export const uploadAnnouncement = uploadFields.extend({
  content_type: z.enum(MEDIA_TYPES).meta({ description: 'Of the bytes; they are held to it.' }),
  size_bytes: z.int().min(1).meta({ description: 'Exactly: the store takes no other size.' }),
  method: z
    .enum(['post', 'put', 'parts'])
    .default('post')
    .meta({ description: 'A form that browsers can post, one PUT, or PUTs of parts, which can be resumed.' }),
});

type AskedAnnouncement = z.output<typeof uploadAnnouncement>;

/** What is announced, and whose it will be. */
type UploadAnnouncement = AskedAnnouncement & { readonly user_id: string };

/** How the bytes are to be sent. */
export type SignedUpload =
  | { readonly method: 'post'; readonly url: string; readonly fields: Readonly<Record<string, string>> }
  | { readonly method: 'put'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  | { readonly method: 'parts'; readonly part_size_bytes: number; readonly parts: readonly SignedPart[] };

export interface StartUploadOutput {
  readonly image: ImageRecord;
  readonly upload: SignedUpload & { readonly expires_at: string; readonly max_size_bytes: number };
  /** Set where it is the kept answer to an earlier request. */
  readonly replayed?: true;
}

/** An upload in parts may be taken up again after a night; its URLs end sooner, and list-parts renews them. */
const LEAST_LIFE_OF_PARTS_SECONDS = 24 * 3600;

type StartDeps = Pick<
  Deps,
  | 'index'
  | 'uploads'
  | 'quotas'
  | 'quotaLimits'
  | 'keys'
  | 'clock'
  | 'limits'
  | 'log'
  | 'uploadExpiresSeconds'
>;

/**
 * Announces an image: a record that is `pending`, and what the caller needs to send the bytes to the store
 * itself. Room for them is set aside until the upload is completed or has expired.
 * @param key under which the caller may repeat the request.
 */
export async function startUpload(
  deps: StartDeps,
  caller: Caller,
  asked: AskedAnnouncement,
  key?: string,
): Promise<StartUploadOutput> {
  const { limits } = deps;
  const input = { ...asked, user_id: userOf(caller, asked.user_id) };
  const doing: Doing = { caller, action: 'start-upload' };
  if (input.size_bytes > limits.maxImageBytes) throw payloadTooLarge('The image', limits.maxImageBytes);
  if (!limits.acceptedTypes.has(input.content_type)) {
    throw new DomainError('unsupported_media_type', `Images of type ${input.content_type} are not accepted.`);
  }
  if (key === undefined) return announce(deps, doing, input, newImageId(deps.clock.now()));
  const fingerprint = fingerprintOf(told(input));
  return once(
    deps,
    { caller, operation: 'start-upload', key },
    {
      async perform({ image_id, takeovers }) {
        const made = takeovers > 0 ? await deps.index.get(image_id) : undefined;
        if (made?.upload && fingerprintOf(told({ ...made, ...made.upload })) !== fingerprint) {
          throw idempotencyKeyReused();
        }
        const output = made ? await signed(deps, made) : await announce(deps, doing, input, image_id);
        return { output, answer: { fingerprint, content: output.image } };
      },
      async replay({ fingerprint: first, content }) {
        if (first !== fingerprint) throw idempotencyKeyReused();
        return { ...(await signed(deps, content as ImageRecord)), replayed: true };
      },
    },
  );
}

type Asked = Pick<ImageRecord, 'user_id' | 'content_type' | 'size_bytes'> & {
  readonly [Name in 'filename' | 'title' | 'description' | 'checksum_sha256']?: string | null | undefined;
} & { readonly tags?: readonly string[] | undefined; readonly method: UploadMethod };

/** What a request is told by. */
function told({ user_id, content_type, size_bytes, method, tags = [], ...others }: Asked) {
  const { filename = null, title = null, description = null, checksum_sha256 = null } = others;
  return { user_id, content_type, size_bytes, method, tags, filename, title, description, checksum_sha256 };
}

async function announce(
  deps: StartDeps,
  doing: Doing,
  input: UploadAnnouncement,
  image_id: ImageId,
): Promise<StartUploadOutput> {
  try {
    return await inReservedRoom(deps, image_id, async (room) => {
      await room.announce(input);
      const image = await pendingRecord(deps, input, image_id);
      const output = await signed(deps, image);
      await insert(deps, doing, image);
      return output;
    });
  } catch (error) {
    // Another attempt under the same key was quicker: its record counts, and its room.
    const made = isDomainError(error, 'conflict') ? await deps.index.get(image_id) : undefined;
    if (!made) throw error;
    return signed(deps, made);
  }
}

/** A record whose answer was lost is there all the same; where it is not, nothing is left of its parts. */
async function insert(
  { index, uploads, clock, log }: StartDeps,
  doing: Doing,
  image: ImageRecord,
): Promise<void> {
  try {
    await index.insert(image, [], eventOf({ clock }, doing, image));
  } catch (error) {
    const { image_id, user_id, upload } = image;
    if (isDomainError(error, 'unavailable')) {
      const made = await index.get(image_id);
      if (made && made.upload?.parts_id === upload?.parts_id) return;
    }
    if (upload?.parts_id !== undefined) {
      await uploads
        .discardParts(uploadObjectKey(user_id, image_id), upload.parts_id)
        .catch((cause: unknown) => {
          log.warn({ err: cause, image_id }, 'could not discard the parts of an upload that did not begin');
        });
    }
    throw error;
  }
}

async function pendingRecord(
  { uploads, clock, uploadExpiresSeconds }: StartDeps,
  input: UploadAnnouncement,
  image_id: ImageId,
): Promise<ImageRecord> {
  const { method, user_id, content_type, size_bytes } = input;
  const now = clock.now();
  const time = new Date(now).toISOString();
  const isResumable = method === 'parts';
  const life = isResumable
    ? Math.max(uploadExpiresSeconds, LEAST_LIFE_OF_PARTS_SECONDS)
    : uploadExpiresSeconds;
  const upload: AnnouncedUpload = {
    method,
    // What is signed counts whole seconds.
    expires_at: new Date((Math.floor(now / 1000) + life) * 1000).toISOString(),
    ...(isResumable
      ? {
          parts_id: await uploads.beginParts(uploadObjectKey(user_id, image_id), content_type),
          part_size_bytes: sizeOfParts(size_bytes),
        }
      : {}),
  };
  return {
    image_id,
    user_id,
    filename: input.filename ?? null,
    title: input.title ?? null,
    description: input.description ?? null,
    tags: input.tags ?? [],
    content_type,
    size_bytes,
    width: null,
    height: null,
    checksum_sha256: input.checksum_sha256 ?? null,
    status: 'pending',
    rejection_reason: null,
    version: 1,
    revision: 1,
    background_revision: 0,
    created_at: time,
    upload_time: time,
    updated_at: time,
    deleted_at: null,
    object_key: imageObjectKey(user_id, image_id, 1),
    upload,
    placeholder: null,
    presets: null,
    exif: null,
    accepted_at: time,
    former_versions: [],
  };
}

/** How the bytes of a pending image are to be sent, signed now. @throws DomainError `conflict` where it has ended. */
async function signed(
  { uploads, clock, uploadExpiresSeconds }: StartDeps,
  image: ImageRecord,
): Promise<StartUploadOutput> {
  const { upload, user_id, image_id, content_type, size_bytes } = image;
  const now = clock.now();
  const ends = Date.parse(upload?.expires_at ?? '');
  if (!upload || !(ends > now)) throw new DomainError('conflict', 'The upload has ended. Start another.');
  const expires_at = Math.min((Math.floor(now / 1000) + uploadExpiresSeconds) * 1000, ends);
  const key = uploadObjectKey(user_id, image_id);
  const checksum_sha256 = image.checksum_sha256 ?? undefined;
  const grant = { expires_at, content_type, size_bytes, checksum_sha256 };
  const common = { expires_at: new Date(expires_at).toISOString(), max_size_bytes: size_bytes };
  if (upload.method === 'post') {
    return { image, upload: { method: 'post', ...(await uploads.presignPost(key, grant)), ...common } };
  }
  if (upload.method === 'put') {
    return { image, upload: { method: 'put', ...(await uploads.presignPut(key, grant)), ...common } };
  }
  const { parts_id = '', part_size_bytes = size_bytes } = upload;
  const parts = await presignParts(uploads, { key, parts_id, part_size_bytes }, grant, () => true);
  return { image, upload: { method: 'parts', part_size_bytes, parts, ...common } };
}
