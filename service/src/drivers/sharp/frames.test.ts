import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameError, FrameReader, frameHead } from './frames.ts';

const reader = () =>
  new FrameReader<{ size: number }>({
    maxHeaderBytes: 100,
    readHeader: (json) => {
      if (typeof json !== 'object' || json === null || !('size' in json)) throw new Error('No size.');
      return { size: Number(json.size) };
    },
    bodyLength: ({ size }) => {
      if (size > 1000) throw new Error('Too long.');
      return size;
    },
  });

describe('frames', () => {
  test('arrive whole, in whatever pieces they come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 50 }),
        (bodies, step) => {
          const frames = reader();
          for (const body of bodies) {
            const sent = Buffer.concat([frameHead({ size: body.length }), body]);
            const received = [];
            for (let at = 0; at < sent.length; at += step) {
              const frame = frames.push(sent.subarray(at, at + step));
              if (frame) received.push(frame);
            }
            expect(received.map(({ header }) => header)).toEqual([{ size: body.length }]);
            expect(received[0]?.body.equals(body)).toBe(true);
          }
        },
      ),
    );
  });

  test.each([
    ['a header that is too long', Buffer.from([0, 0, 0, 101])],
    ['a header of gigabytes', Buffer.from([255, 255, 255, 255])],
    ['a header that is no JSON', Buffer.from('\0\0\0\x02no', 'latin1')],
    ['a header without what it must have', frameHead({})],
    ['a body that is too long', frameHead({ size: 1001 })],
    ['a body of no length', frameHead({ size: 'many' })],
    ['bytes beyond the end', Buffer.concat([frameHead({ size: 1 }), Buffer.from('ab')])],
    ['bytes after a frame without a body', Buffer.concat([frameHead({ size: 0 }), Buffer.from('a')])],
  ])('%s is refused', (_name, bytes) => {
    expect(() => reader().push(bytes)).toThrow(FrameError);
  });
});
