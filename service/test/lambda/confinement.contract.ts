import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { FunctionProcess, FunctionToRun } from '../support/function-process.ts';
import type { FunctionsHome } from '../support/functions-home.ts';
import { type GatewayAnswer, restEvent } from '../support/gateway-events.ts';
import { queueEvent } from '../support/queue-event.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { bodyOf, type Invoke } from './calls.ts';

const DECODER = 'decoder-child.mjs';

/**
 * What an image that has taken over its decoder might try. It runs within the built decoder, which works as ever
 * but for its answer: what came of each attempt is told in the names of the camera.
 */
const probe = (folder: string) => `
import * as probeFiles from 'node:fs';
import { execFileSync as probeStart } from 'node:child_process';
import { Worker as ProbeThread } from 'node:worker_threads';
// Its libraries set these themselves: sharp the first, libvips the other.
const probeVariables = Object.keys(process.env).filter((name) => !['MALLOC_ARENA_MAX', 'VIPSHOME'].includes(name));
const probeAttempt = (way) => {
  try {
    way();
    return 'done';
  } catch (error) {
    return error.code === 'ERR_ACCESS_DENIED' ? 'denied' : String(error.code);
  }
};
const probeFolder = ${JSON.stringify(folder)};
const probeOutcomes = [
  () => probeFiles.readFileSync(probeFolder + '/${DECODER}'),
  () => probeFiles.readFileSync('/proc/' + process.ppid + '/environ'),
  () => probeFiles.readFileSync('/proc/self/environ'),
  () => probeFiles.readFileSync(probeFolder + '/index.mjs'),
  () => probeFiles.readdirSync(probeFolder),
  () => probeFiles.readFileSync('/etc/passwd'),
  () => probeFiles.writeFileSync('/tmp/tintype-probe', ''),
  () => probeFiles.writeFileSync(probeFolder + '/${DECODER}', ''),
  () => probeStart(process.execPath, ['-e', '']),
  () => new ProbeThread('', { eval: true }),
].map(probeAttempt);
const probeWrite = process.stdout.write.bind(process.stdout);
process.stdout.write = (chunk) => {
  const length = chunk.length < 4 ? -1 : chunk.readUInt32BE();
  if (length !== chunk.length - 4) return probeWrite(chunk);
  const header = JSON.parse(chunk.subarray(4).toString());
  const image = { Make: '[' + probeVariables + '] at ' + process.cwd(), Model: probeOutcomes.join(' ') };
  const json = Buffer.from(JSON.stringify({ ...header, exif: { image, photo: {}, gps: {} } }));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(json.length);
  return probeWrite(Buffer.concat([head, json]));
};
`;

/** That the decoder, as it is deployed, is shut in as it is in the source's own tests. */
export function describeConfinement(
  home: () => FunctionsHome,
  start: (run: FunctionToRun) => Promise<FunctionProcess>,
  invoke: Invoke,
): void {
  test('a decoder that is taken over can read no secret of its function, nor do anything but decode', async () => {
    await using scratch = await scratchFolder();
    const built = home().toRun('process-image');
    const folder = join(scratch.path, 'process-image');
    await cp(built.folder, folder, { recursive: true });
    const decoder = await readFile(join(folder, DECODER), 'utf8');
    await writeFile(join(folder, DECODER), probe(folder) + decoder);
    const running = await start({ ...built, folder });
    onTestFinished(() => running.stop());

    const uploaded = (await invoke(
      'upload-image',
      restEvent({
        method: 'POST',
        path: '/images',
        query: [['user_id', 'mallory']],
        headers: { 'content-type': 'image/jpeg' },
        body: SMALL_IMAGES['image/jpeg'].bytes,
      }),
    )) as GatewayAnswer;
    const image_id = String(bodyOf(uploaded)['image_id']);
    const [job = ''] = await home().take('process-image', image_id);
    expect(await running.invoke(queueEvent({ job }))).toEqual({ batchItemFailures: [] });

    const path = `/images/${image_id}`;
    const viewed = (await invoke('view-image', restEvent({ method: 'GET', path }))) as GatewayAnswer;
    expect(bodyOf(viewed)).toMatchObject({
      status: 'ready',
      renditions: { thumb: { width: 6, height: 6 } },
      exif: {
        camera_make: '[] at /',
        // Its own program it may read.
        camera_model: ['done', ...Array(9).fill('denied')].join(' '),
      },
    });
  });
}
