import { imageIdOfUpload } from '../../domain/object-key.ts';
import type { FinishDeps } from '../steps/finish-upload.ts';
import { expireUploads } from './expire-uploads.ts';
import { finishArrivedUpload } from './finish-upload.ts';

/** How long a caller has to say itself that its bytes are there, and to hear what is wrong with them. */
const PATIENCE_MS = 60_000;

/**
 * For homes that nobody tells of arrivals: completes uploads that have lain there for a while, removes bytes
 * of those that there are no more, and ends those whose time has come. Only what is under way lies there, so
 * that this stays small however many images there are.
 */
export async function sweepUploads(deps: FinishDeps): Promise<void> {
  const before = deps.clock.now() - PATIENCE_MS;
  for await (const { key, last_modified } of deps.uploads.list()) {
    const image_id = imageIdOfUpload(key);
    if (image_id === undefined || last_modified.getTime() > before) continue;
    try {
      await finishArrivedUpload(deps, { kind: 'finish-upload', image_id, upload_key: key });
    } catch (error) {
      deps.log.error({ err: error, image_id }, 'an upload that has arrived could not be completed now');
    }
  }
  await expireUploads(deps);
}
