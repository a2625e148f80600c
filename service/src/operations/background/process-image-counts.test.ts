import { expect, test } from 'vitest';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { ScriptedRenderer } from '../../../test/support/scripted-renderer.ts';
import { bytesOf, put } from '../../../test/support/stored-bytes.ts';
import { ANONYMOUS } from '../../domain/caller.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { Deps } from '../deps.ts';
import { renderImage } from '../render-image.ts';
import { processImage } from './process-image.ts';

const BYTES = bytesOf(1_000);
const READY = sampleRecord({ status: 'ready', size_bytes: BYTES.length });
const { image_id, object_key, version } = READY;
const placeholder = { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' };

/** What is asked of the store, the decoders and the index, by name. */
async function counted(record: ImageRecord) {
  const { deps } = memoryDeps();
  await deps.index.insert(record);
  await put(deps.objects, object_key, BYTES);
  const calls: Record<string, number> = {};
  let bytes = 0;
  const count = (name: string) => {
    calls[name] = (calls[name] ?? 0) + 1;
  };
  const counting =
    <Given extends unknown[], Result>(name: string, act: (...given: Given) => Result) =>
    (...given: Given): Result => {
      count(name);
      return act(...given);
    };
  const renderer = new ScriptedRenderer();
  const { objects, index } = deps;
  const asked: Pick<Deps, 'objects' | 'index' | 'renderer'> = {
    renderer,
    index: {
      ...index,
      get: counting('get record', (id) => index.get(id)),
      replace: counting('write record', (...given) => index.replace(...given)),
    },
    objects: {
      ...objects,
      presignRead: (...given) => objects.presignRead(...given),
      check: () => objects.check(),
      list: counting('list objects', (prefix) => objects.list(prefix)),
      delete: counting('delete object', (key) => objects.delete(key)),
      async open(key) {
        count(key === object_key ? 'open original' : 'look for rendition');
        const object = await objects.open(key);
        return (
          object && {
            ...object,
            async *stream(start, end) {
              for await (const chunk of object.stream(start, end)) {
                bytes += chunk.length;
                yield chunk;
              }
            },
          }
        );
      },
      async begin() {
        const draft = await objects.begin();
        return {
          write: counting('write rendition', (chunk) => draft.write(chunk)),
          commit: counting('commit rendition', (...given) => draft.commit(...given)),
          discard: counting('discard', () => draft.discard()),
        };
      },
    },
  };
  return { deps: { ...deps, ...asked }, calls, renderer, bytesRead: () => bytes };
}

test('processing an image reads and decodes it once, and writes each preset and the record once', async () => {
  const { deps, calls, renderer, bytesRead } = await counted({ ...READY, placeholder: null, presets: null });
  await processImage(deps, { kind: 'process-image', image_id, version }, { number: 1, isLast: false });
  expect(renderer.asked).toEqual(['develop']);
  expect(bytesRead()).toBe(BYTES.length);
  expect(calls).toEqual({
    // Once to see what is to be done, and once to write over what it is by then.
    'get record': 2,
    'open original': 1,
    'write rendition': 4,
    'commit rendition': 4,
    'write record': 1,
  });
});

test('a rendition reads and decodes the original once and is written once; asked for again it is only found', async () => {
  const { deps, calls, renderer, bytesRead } = await counted({
    ...READY,
    width: 3000,
    height: 2000,
    placeholder,
  });
  const wanted = { w: 300, fit: 'inside', format: 'webp' } as const;
  const input = { image_id, wanted, accept: undefined };
  await renderImage(deps, ANONYMOUS, input);
  const first = { ...calls };
  expect(first).toEqual({
    'get record': 2,
    'look for rendition': 1,
    'list objects': 1,
    'open original': 1,
    'write rendition': 1,
    'commit rendition': 1,
  });
  await renderImage(deps, ANONYMOUS, input);
  expect(calls).toEqual({ ...first, 'get record': 3, 'look for rendition': 2 });
  expect(renderer.asked).toHaveLength(1);
  expect(bytesRead()).toBe(BYTES.length);
});
