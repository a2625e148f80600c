import type { ImageId } from '../../domain/image-id.ts';
import { isImageId } from '../../domain/image-id.ts';
import type { Log } from '../../ports/log.ts';

/** What a table's stream hands to a function, of keys alone: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
export interface StreamEvent {
  readonly Records: readonly {
    readonly eventSource: 'aws:dynamodb';
    readonly dynamodb?: {
      readonly SequenceNumber?: string;
      readonly Keys?: { readonly image_id?: { readonly S?: string } };
    };
  }[];
}

/** From the first of these on the stream hands all out again: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html */
export interface StreamAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * A function that follows the changes of a table of images. A record that names no image fails alone: it is handed
 * out again, and in the end told of as lost.
 * @param work what is done with the images that have changed; resolves with those for which nothing could be done.
 */
export function streamHandlerFor(
  work: (changed: readonly ImageId[]) => Promise<readonly ImageId[]>,
  log: Log,
): (event: StreamEvent) => Promise<StreamAnswer> {
  return async ({ Records }) => {
    const changes = Records.map(({ dynamodb }) => {
      const { SequenceNumber, Keys } = dynamodb ?? {};
      // An empty identifier has the whole batch come again, as Lambda documents it.
      return { place: SequenceNumber ?? '', image_id: Keys?.image_id?.S };
    });
    const ids = changes.flatMap(({ image_id }) =>
      typeof image_id === 'string' && isImageId(image_id) ? [image_id] : [],
    );
    const left = new Set<string>(ids.length > 0 ? await work(ids) : []);
    const known = new Set<string>(ids);
    const failed = changes.filter(
      ({ image_id }) => image_id === undefined || !known.has(image_id) || left.has(image_id),
    );
    if (failed.length > 0) {
      log.error({ records: failed.length }, 'changes of images could not be followed; they come again');
    }
    return { batchItemFailures: failed.map(({ place }) => ({ itemIdentifier: place })) };
  };
}
