import * as z from 'zod';
import type { Caller } from '../domain/caller.ts';
import { isDomainError, preconditionFailed } from '../domain/errors.ts';
import { etagOf, type ImageRecord } from '../domain/image.ts';
import { ifMatchAllows } from '../domain/precondition.ts';
import { tagList } from '../domain/tag.ts';
import { descriptionText, titleText } from '../domain/text.ts';
import type { Deps } from './deps.ts';
import { eventOf } from './steps/audit.ts';
import { findImage } from './steps/find-image.ts';
import { type ImageView, presentImage } from './steps/present-image.ts';

/** What may change of an image; a field that is left out stays, null (or for tags an empty list) clears. */
export const imageChange = z
  .strictObject({
    title: titleText.optional(),
    description: descriptionText.optional(),
    tags: tagList.optional(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), {
    message: 'must change at least one of title, description and tags',
  });

export interface UpdateImageInput {
  readonly image_id: string;
  readonly change: z.output<typeof imageChange>;
  /** The `If-Match` header, where there is one. */
  readonly if_match: string | undefined;
}

export interface UpdateImageOutput extends ImageView {
  readonly image: ImageRecord;
}

/** How often a change without `If-Match` is applied anew to what somebody else has just written. */
const TRIES = 10;

/** Changes title, description or tags; `If-Match` makes it depend on what the caller has seen. */
export async function updateImage(
  deps: Pick<Deps, 'index' | 'objects' | 'clock' | 'urlExpiresSeconds'>,
  caller: Caller,
  { image_id, change, if_match }: UpdateImageInput,
): Promise<UpdateImageOutput> {
  for (let tries = 1; ; tries++) {
    const previous = await findImage(deps, caller, image_id);
    if (!ifMatchAllows(if_match, etagOf(previous))) throw preconditionFailed();
    const image = changed(previous, change, deps.clock.now());
    try {
      await deps.index.replace(previous, image, [], eventOf(deps, { caller, action: 'update-image' }, image));
      return { image, ...(await presentImage(deps, image, 'inline')) };
    } catch (error) {
      if (!isDomainError(error, 'conflict') || tries === TRIES) throw error;
    }
  }
}

function changed(previous: ImageRecord, change: UpdateImageInput['change'], now: number): ImageRecord {
  return {
    ...previous,
    title: change.title === undefined ? previous.title : change.title,
    description: change.description === undefined ? previous.description : change.description,
    tags: change.tags ?? previous.tags,
    revision: previous.revision + 1,
    updated_at: new Date(now).toISOString(),
  };
}
