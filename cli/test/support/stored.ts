import { createClient, type Image } from '@tintype/client';

/** How many are looked at together. */
const AT_ONCE = 20;

/** All images of a user, as the server at this URL shows them, newest first. */
export async function storedImages(url: string, user_id: string): Promise<Image[]> {
  const tintype = createClient({ url });
  const ids = await storedIds(url, user_id);
  const images: Image[] = [];
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE).map((image_id) => tintype.view(image_id));
    images.push(...(await Promise.all(some)));
  }
  return images;
}

/** The ids of all images of a user, newest first. */
export async function storedIds(url: string, user_id: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { image_id } of createClient({ url }).list({ user_id, limit: 200 })) ids.push(image_id);
  return ids;
}

/** Their checksums, sorted. */
export async function storedChecksums(url: string, user_id: string): Promise<string[]> {
  const images = await storedImages(url, user_id);
  return images.map(({ checksum_sha256 }) => checksum_sha256 ?? 'none').sort();
}
