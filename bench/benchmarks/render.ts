import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbeddedHome } from '../../service/src/compose/embedded.ts';
import { readConfig } from '../../service/src/config/config.ts';
import { ANONYMOUS } from '../../service/src/domain/caller.ts';
import type { ImageId } from '../../service/src/domain/image-id.ts';
import type { Deps } from '../../service/src/operations/deps.ts';
import { uploadImage } from '../../service/src/operations/upload-image.ts';
import type { Log } from '../../service/src/ports/log.ts';
import { sharedSyncStore } from '../bare/durable-files.ts';
import { developPlainly } from '../bare/rendering.ts';
import type { Bench } from '../benchmark.ts';
import { type Contender, compare } from '../comparison.ts';
import { photographs } from '../photographs.ts';
import { type Server, startBare, startServer } from '../processes.ts';

/** As many at a time as there are decoders. */
const AT_ONCE = 2;

const USER = 'photographer';

/** What is made of images: all at once when they arrive, and single renditions when they are first asked for. */
export const renderBench: Bench = async function* (place) {
  const { scratch, say, rounds } = place;
  const few = place.seconds < 2;
  const { files, what } = await photographs(scratch, few ? 4 : 24);
  say(`render: ${what}.`);
  let folders = 0;
  const folder = () => join(scratch, `folder-${folders++}`);
  yield* compare({
    work: 'process-image: presets, placeholder and EXIF, durable',
    unit: 'images a second',
    better: 'greater',
    ours: { name: 'Tintype', round: () => processed(folder(), files) },
    against: [
      { name: 'sharp, two at a time', round: () => developed(folder(), files, 2), target: 0.9 },
      { name: 'sharp, three at a time', round: () => developed(folder(), files, 3), target: 0.9 },
    ],
    rounds,
  });
  yield* onDemand(scratch, files, rounds);
};

/** The embedded home with its own decoders, as in a server; uploads are over before the clock starts. */
async function processed(dataDir: string, files: readonly string[]): Promise<number> {
  const config = readConfig({ STORAGE: 'embedded', DATA_DIR: dataDir });
  if (config.storage.kind !== 'embedded') throw new Error('This is measured in the embedded home.');
  const home = await openEmbeddedHome(config, config.storage, silent);
  try {
    const { deps } = home.contextFor('http://127.0.0.1');
    const ids = await Promise.all(files.map((file) => uploaded(deps, file)));
    await startDecoders(deps, files[0] ?? '');
    const started = performance.now();
    home.startWork();
    await Promise.all(ids.map((id) => untilDeveloped(deps, id)));
    return files.length / ((performance.now() - started) / 1000);
  } finally {
    await home.close();
  }
}

async function uploaded(deps: Deps, file: string): Promise<ImageId> {
  const bytes = await readFile(file);
  const { image } = await uploadImage(deps, ANONYMOUS, {
    bytes: (async function* () {
      yield bytes;
    })(),
    fields: async () => ({ user_id: USER }),
  });
  return image.image_id;
}

/** They run on from one image to the next: how they start is no part of it. */
async function startDecoders({ renderer }: Pick<Deps, 'renderer'>, file: string): Promise<void> {
  const bytes = await readFile(file);
  const source = {
    content_type: 'image/jpeg',
    size_bytes: bytes.length,
    async *stream() {
      yield Buffer.from(bytes);
    },
  } as const;
  await Promise.all(Array.from({ length: AT_ONCE }, () => renderer.develop(source, { format: 'webp' })));
}

async function untilDeveloped({ index }: Pick<Deps, 'index'>, id: ImageId): Promise<void> {
  for (;;) {
    const image = await index.get(id);
    if (image?.status === 'rejected') throw new Error(`An image was rejected: ${image.rejection_reason}`);
    if (image?.placeholder) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function developed(folder: string, files: readonly string[], atOnce: number): Promise<number> {
  const store = await sharedSyncStore(folder);
  const started = performance.now();
  const left = [...files];
  const work = async () => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) await developPlainly(file, store);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return files.length / ((performance.now() - started) / 1000);
}

/** Of each image one rendition that nobody has asked for before. */
async function* onDemand(scratch: string, files: readonly string[], rounds: number) {
  await using ours = await startServer(join(scratch, 'data'));
  await using bare = await startBare('render', join(scratch, 'bare'), ...files);
  const ids = await Promise.all(files.map((file) => sent(ours, file)));
  await Promise.all(ids.map((id) => untilPreview(ours, id)));
  for (const format of ['webp', 'jpeg'] as const) {
    const query = (round: number) => `w=${1000 - round}&format=${format}`;
    yield* compare({
      work: `rendition on demand, 1000 pixels wide, ${format}`,
      unit: 'a second',
      better: 'greater',
      ours: asked('Tintype', ours, (round) => ids.map((id) => `/images/${id}/renditions?${query(round)}`)),
      against: [
        {
          ...asked('node:http and sharp', bare, (round) => files.map((_, at) => `/${at}?${query(round)}`)),
          target: 0.9,
        },
      ],
      rounds,
    });
  }
}

function asked(name: string, { url }: Server, pathsOf: (round: number) => string[]): Contender {
  let round = 0;
  return {
    name,
    async round() {
      const paths = pathsOf(round++);
      const started = performance.now();
      const left = [...paths];
      const ask = async () => {
        for (let path = left.shift(); path !== undefined; path = left.shift()) {
          const { status } = await fetch(url + path, { redirect: 'manual' });
          if (status !== 302) throw new Error(`${path} was answered ${status}.`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, ask));
      return paths.length / ((performance.now() - started) / 1000);
    },
  };
}

async function sent({ url }: Server, file: string): Promise<string> {
  const response = await fetch(`${url}/images?user_id=${USER}`, {
    method: 'POST',
    headers: { 'content-type': 'image/jpeg' },
    body: await readFile(file),
  });
  if (response.status !== 201) throw new Error(`The upload was answered ${response.status}.`);
  return ((await response.json()) as { image_id: string }).image_id;
}

async function untilPreview({ url }: Server, id: string): Promise<void> {
  for (;;) {
    const image = (await (await fetch(`${url}/images/${id}`)).json()) as { placeholder: unknown };
    if (image.placeholder) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const nothing = () => {};
const silent: Log = { info: nothing, warn: nothing, error: nothing };
