import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { seededRandom } from './seeded-random.ts';

/** What a JPEG may hold after its last block: here what makes its length exact (the segments of comments). */
const COMMENT = 0xfe;
const LONGEST_COMMENT = 65_533;

/**
 * Makes a JPEG of just so many bytes, as a photograph of that size has pixels: soft shapes and some grain.
 * @returns its path.
 */
export async function makeJpeg(folder: string, bytes: number): Promise<string> {
  const width = Math.round(Math.sqrt(bytes / 0.11 / 0.75));
  const height = Math.round(width * 0.75);
  const plain = await sharp(pixels(width, height), { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 75 })
    .toBuffer();
  if (plain.length > bytes)
    throw new Error(`The picture took ${plain.length} bytes, and ${bytes} were asked for.`);
  const path = join(folder, `${bytes}.jpg`);
  await writeFile(path, padded(plain, bytes));
  return path;
}

function pixels(width: number, height: number): Buffer {
  const random = seededRandom(9);
  const data = Buffer.alloc(width * height * 3);
  for (let at = 0, y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const grain = (random() - 0.5) * 10;
      const shape = 60 * Math.sin(x / 37) * Math.cos(y / 53) + 40 * Math.sin((x + y) / 19);
      data[at++] = 128 + shape + grain;
      data[at++] = 118 + shape * 0.7 + grain;
      data[at++] = 108 - shape * 0.4 + grain;
    }
  }
  return data;
}

const START_OF_SCAN = 0xda;

/** Where the pixels begin: what comes before them is segments, each a marker and its length. */
function startOfScan(jpeg: Buffer): number {
  for (let at = 2; ; at += 2 + jpeg.readUInt16BE(at + 2)) if (jpeg[at + 1] === START_OF_SCAN) return at;
}

/** The JPEG with comments before its pixels, until it is as long as it should be: its size comes early, as a camera writes it. */
function padded(jpeg: Buffer, bytes: number): Buffer {
  const comments: Buffer[] = [];
  for (let missing = bytes - jpeg.length; missing > 0; ) {
    // Nothing shorter than a marker and its length is left for the next one.
    const size = missing > LONGEST_COMMENT + 4 ? Math.min(LONGEST_COMMENT - 4, missing - 8) : missing - 4;
    const comment = Buffer.alloc(size + 4);
    comment.writeUInt16BE(0xff00 | COMMENT, 0);
    comment.writeUInt16BE(size + 2, 2);
    comments.push(comment);
    missing -= comment.length;
  }
  const at = startOfScan(jpeg);
  return Buffer.concat([jpeg.subarray(0, at), ...comments, jpeg.subarray(at)]);
}
