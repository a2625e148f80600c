import { crc32 } from 'node:zlib';
import type { MediaType } from '../../src/domain/media-type.ts';
import { SMALL_IMAGES } from './small-images.ts';

/**
 * The text of EICAR, which every antivirus program takes for malware and which does no harm. It is in parts, so
 * that none of them seizes this file.
 */
export const EICAR = Buffer.from(
  ['X5O!P%@AP[4\\PZX54(P^)7', 'CC)7}$EICAR-STANDARD-', 'ANTIVIRUS-TEST-', 'FILE!$H+H*'].join(''),
  'latin1',
);

export interface EicarImage {
  /** Where it has the text. */
  readonly name: string;
  readonly content_type: MediaType;
  readonly bytes: Buffer;
}

/** Images that every decoder takes, 8 x 6 pixels, each with the text of EICAR where images have room for one. */
export const EICAR_IMAGES: readonly EicarImage[] = [
  { name: 'in a comment of a JPEG', content_type: 'image/jpeg', bytes: jpegWithComment(EICAR) },
  { name: 'in a text chunk of a PNG', content_type: 'image/png', bytes: pngWithText(EICAR) },
  {
    name: 'after the end of a GIF',
    content_type: 'image/gif',
    bytes: Buffer.concat([SMALL_IMAGES['image/gif'].bytes, EICAR]),
  },
];

/** ITU-T T.81 B.2.4.5: the segment's length counts itself. */
function jpegWithComment(text: Buffer): Buffer {
  const { bytes } = SMALL_IMAGES['image/jpeg'];
  const head = Buffer.from([0xff, 0xfe, 0, 0]);
  head.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([bytes.subarray(0, 2), head, text, bytes.subarray(2)]);
}

/** PNG, third edition, 11.3.3.2; in front of IEND, which has 12 bytes. */
function pngWithText(text: Buffer): Buffer {
  const { bytes } = SMALL_IMAGES['image/png'];
  const chunk = Buffer.concat([Buffer.from('tEXtComment\0', 'latin1'), text]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(chunk.length - 4);
  check.writeUInt32BE(crc32(chunk));
  return Buffer.concat([bytes.subarray(0, -12), length, chunk, check, bytes.subarray(-12)]);
}
