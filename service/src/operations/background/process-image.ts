import type { Attempt, ProcessImage } from '../../domain/job.ts';
import { type DevelopDeps, developImage } from '../steps/develop-image.ts';
import { type RemoveLocationDeps, removeLocation } from '../steps/remove-location.ts';
import { type ScanDeps, scanImage } from '../steps/scan-image.ts';

export type ProcessDeps = ScanDeps & DevelopDeps & RemoveLocationDeps;

/**
 * All that is done to a version of an image once its bytes are accepted: they are scanned where that is
 * wanted, and decoded if they are let through. Then, before anybody is served them, where it was taken is removed,
 * if that is wanted: after what is told of the image has been read. Done again it does only what is missing.
 */
export async function processImage(
  deps: ProcessDeps,
  { image_id, version }: ProcessImage,
  attempt: Attempt,
): Promise<void> {
  const image = await deps.index.get(image_id);
  if (image?.version !== version || image.deleted_at !== null) return;
  const passed = image.status === 'scanning' ? await scanImage(deps, image) : image;
  if (passed?.status !== 'ready' && passed?.status !== 'scanning') return;
  const developed = await developImage(deps, passed, attempt);
  if (developed?.status === 'scanning') await removeLocation(deps, developed);
}
