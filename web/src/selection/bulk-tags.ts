import { type ImageSummary, type TintypeClient, TintypeError } from '@tintype/client';

export interface TagChanges {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

export interface BulkOutcome {
  readonly changed: number;
  /** Of the last image that could not be changed. */
  readonly error: unknown;
}

const AT_ONCE = 4;

/** How often an image is tried that others change at the same time. */
const TRIES = 3;

/** The tags after a change, sorted, each once. */
export function changedTags(tags: readonly string[], { add = [], remove = [] }: TagChanges): string[] {
  return [...new Set([...tags, ...add])].filter((tag) => !remove.includes(tag)).sort();
}

/** Changes the tags of many images, whatever others make of them meanwhile: each for itself. */
export async function changeTags(
  client: Pick<TintypeClient, 'view' | 'update'>,
  images: readonly Pick<ImageSummary, 'image_id'>[],
  changes: TagChanges,
  changed: (image: ImageSummary) => void,
): Promise<BulkOutcome> {
  const left = images.map(({ image_id }) => image_id);
  let count = 0;
  let error: unknown;
  const work = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      try {
        changed(await changeOne(client, id, changes, TRIES));
        count += 1;
      } catch (failure) {
        error = failure;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { changed: count, error };
}

async function changeOne(
  client: Pick<TintypeClient, 'view' | 'update'>,
  image_id: string,
  changes: TagChanges,
  tries: number,
): Promise<ImageSummary> {
  const image = await client.view(image_id);
  try {
    return await client.update(image_id, { tags: changedTags(image.tags, changes) }, { etag: image.etag });
  } catch (error) {
    const hasMoved = error instanceof TintypeError && error.code === 'precondition_failed';
    if (!hasMoved || tries <= 1) throw error;
    return changeOne(client, image_id, changes, tries - 1);
  }
}
