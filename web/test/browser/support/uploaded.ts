import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Image, ImageSummary, TintypeClient } from '@tintype/client';
import { expect } from 'vitest';
import { USER } from './gallery.ts';
import { madePhotograph } from './made-photograph.ts';

export interface Texts {
  readonly title?: string;
  readonly description?: string;
  readonly tags?: string[];
  readonly user_id?: string;
}

/** Uploads a made picture for each of the texts, one after the other, and waits until all can be looked at. */
export async function uploaded(api: TintypeClient, texts: readonly Texts[]): Promise<Image[]> {
  const images: Image[] = [];
  for (const [index, { user_id = USER, ...text }] of texts.entries()) {
    const filename = `picture-${index + 1}.jpg`;
    const bytes = await madePhotograph(index);
    images.push(await api.upload(bytes, { user_id, filename, content_type: 'image/jpeg', ...text }));
  }
  for (const { image_id } of images) await expect.poll(() => isProcessed(api, image_id), POLLING).toBe(true);
  return images;
}

/** Waits for what has no end of its own to tell of. */
export const POLLING = { timeout: 120_000, interval: 50 };

async function isProcessed(api: TintypeClient, image_id: string): Promise<boolean> {
  const { status, renditions } = await api.view(image_id);
  return status === 'ready' && Object.keys(renditions).length > 0;
}

/** All images of a list, over all its pages. */
export async function listed(
  api: TintypeClient,
  filters: Parameters<TintypeClient['list']>[0] = {},
): Promise<ImageSummary[]> {
  return Array.fromAsync(api.list({ user_id: USER, ...filters }));
}

/** The names of the files that were uploaded, sorted: each as often as it is there. */
export async function filenames(api: TintypeClient): Promise<(string | null)[]> {
  return (await listed(api)).map(({ filename }) => filename).sort();
}

export const namesOf = (paths: readonly string[]) => paths.map((path) => basename(path)).sort();

/** How many bytes files have together. */
export async function sizeOf(paths: readonly string[]): Promise<number> {
  const files = await Promise.all(paths.map((path) => stat(path)));
  return files.reduce((sum, { size }) => sum + size, 0);
}
