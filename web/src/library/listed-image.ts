import type { ImageSummary } from '@tintype/client';

/** For tests: an image as listings have it, the later the higher its number. */
export function listedImage(number: number, change: Partial<ImageSummary> = {}): ImageSummary {
  const time = new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString();
  return {
    image_id: `image-${String(number).padStart(5, '0')}`,
    user_id: 'me',
    filename: `${number}.jpg`,
    title: null,
    tags: [],
    content_type: 'image/jpeg',
    size_bytes: 1000,
    width: 300,
    height: 200,
    status: 'ready',
    rejection_reason: null,
    version: 1,
    created_at: time,
    upload_time: time,
    updated_at: time,
    deleted_at: null,
    url: `https://images.example/${number}`,
    url_expires_at: '2999-01-01T00:00:00.000Z',
    placeholder: { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' },
    renditions: {},
    ...change,
  };
}

/** Images from one number down to another, both included: newest first. */
export function listedImages(from: number, to: number): ImageSummary[] {
  return Array.from({ length: from - to + 1 }, (_, at) => listedImage(from - at));
}
