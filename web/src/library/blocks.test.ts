import { describe, expect, test } from 'vitest';
import { Blocks } from './blocks.ts';
import { listedImage, listedImages } from './listed-image.ts';
import { comesBefore } from './page-source.ts';

const SIZES = { width: 1000, rowHeight: 200, gap: 4 };

function threeBlocks(): Blocks {
  const blocks = new Blocks(SIZES);
  blocks.append(listedImages(300, 201), 'second');
  blocks.append(listedImages(200, 101), 'third');
  blocks.append(listedImages(100, 1), null);
  return blocks;
}

const newest = (one: { upload_time: string; image_id: string }, other: typeof one) =>
  comesBefore(one, other, 'newest');

describe('blocks of a list', () => {
  test('lie one below the other, each under the key that it begins with', () => {
    const blocks = threeBlocks();
    expect(blocks.all.map(({ cursor }) => cursor)).toEqual([null, 'second', 'third']);
    expect(blocks.next).toBeNull();
    expect(blocks.top(1)).toBe(blocks.all[0]?.height);
    expect(blocks.height).toBe(blocks.all.reduce((sum, { height }) => sum + height, 0));
  });

  test('are found by height', () => {
    const blocks = threeBlocks();
    expect(blocks.blockAt(-50)).toBe(0);
    expect(blocks.blockAt(blocks.top(1) - 1)).toBe(0);
    expect(blocks.blockAt(blocks.top(1))).toBe(1);
    expect(blocks.blockAt(blocks.height + 1000)).toBe(2);
  });

  test('keep their place without their images, and say where they end when they are fetched again', () => {
    const blocks = threeBlocks();
    const height = blocks.height;
    blocks.drop(1);
    expect(blocks.height).toBe(height);
    expect(blocks.placeOf('image-00150')).toBeUndefined();
    expect(blocks.all[1]?.bound).toMatchObject({ image_id: 'image-00101', count: 100 });
    blocks.fill(1, listedImages(200, 101));
    expect(blocks.placeOf('image-00150')).toEqual({ block: 1, index: 50 });
    expect(blocks.height).toBe(height);
  });

  test('are about as high for another width, dropped ones too', () => {
    const blocks = threeBlocks();
    blocks.drop(0);
    blocks.resize({ ...SIZES, width: 500 });
    const [dropped, kept] = blocks.all;
    expect(Math.abs((dropped?.height ?? 0) / (kept?.height ?? 1) - 1)).toBeLessThan(0.15);
  });
});

describe('an image', () => {
  test('that is hidden has no place, and its old one when it is shown again', () => {
    const blocks = threeBlocks();
    blocks.hide(['image-00150']);
    expect(blocks.placeOf('image-00150')).toBeUndefined();
    expect(blocks.count).toBe(299);
    blocks.show(['image-00150']);
    expect(blocks.placeOf('image-00150')).toEqual({ block: 1, index: 50 });
  });

  test('that is hidden stays so when its block is fetched again', () => {
    const blocks = threeBlocks();
    blocks.hide(['image-00150']);
    blocks.fill(1, listedImages(200, 101));
    expect(blocks.placeOf('image-00150')).toBeUndefined();
  });

  test('that is new comes first, and one that comes back where it belongs', () => {
    const blocks = threeBlocks();
    blocks.insert(listedImage(301), newest);
    expect(blocks.placeOf('image-00301')).toEqual({ block: 0, index: 0 });
    blocks.remove('image-00150');
    blocks.insert(listedImage(150), newest);
    expect(blocks.placeOf('image-00150')).toEqual({ block: 1, index: 50 });
  });

  test('that belongs into a dropped block is not put anywhere else', () => {
    const blocks = threeBlocks();
    blocks.drop(0);
    blocks.insert(listedImage(301), newest);
    expect(blocks.placeOf('image-00301')).toBeUndefined();
  });

  test('that has changed is shown as it is now', () => {
    const blocks = threeBlocks();
    expect(blocks.replace(listedImage(150, { title: 'Harbour' }))).toBe(true);
    expect(blocks.item({ block: 1, index: 50 })?.title).toBe('Harbour');
    expect(blocks.replace(listedImage(999))).toBe(false);
  });
});
