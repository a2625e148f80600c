import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Image, TintypeError } from '@tintype/client';
import { OperatorError } from '../../../service/src/domain/operator-error.ts';
import { apiCommand, isImageId, notAnId, type Session } from '../api-command.ts';
import { connectTo, SERVER_HELP, type Tintype } from '../connection.ts';
import { localName, ownName } from '../download/local-name.ts';
import { FileThere, hasBytes, isThere, saveFile } from '../download/save-file.ts';
import { failureLine } from '../failure-text.ts';
import { stopSignal } from '../stop-signal.ts';
import { plainText } from '../text/plain-text.ts';

const HELP = `tintype download: downloads images, as they were uploaded.

  tintype download 019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11
  tintype download 019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11 -o osprey.jpg
  tintype download --all-of-user alice -o alice/

  -o, --output PATH   of one image the file, or a folder; of several a folder, made if need be; without it they
                      go into the current folder
  --all-of-user ID    all images of a user
  --force             files that were there before may be overwritten
  --json              for programs: what became of each image, as a line of JSON
${SERVER_HELP}

In a folder they have the names that they were uploaded with, as far as those are safe. Where another file has
the name, it gets the image's id behind it. What is there with the same bytes is left as it is: a run that was cut off
goes on where it stopped when it is started again. Every SHA-256 is checked, and a file is there whole or not at all.
Exit codes: 0 all are there; 1 some are not, and why is said; 2 the command was not understood; 130 it was stopped
by Ctrl-C.
`;

interface Wanted {
  readonly image_ids: readonly string[];
  readonly user: string | undefined;
  readonly output: string | undefined;
  readonly force: boolean;
}

/** `tintype download` */
export const download = apiCommand({
  name: 'download',
  help: HELP,
  options: {
    output: { type: 'string', short: 'o' },
    'all-of-user': { type: 'string' },
    force: { type: 'boolean', default: false },
  },
  read({ values: { output, 'all-of-user': user, force }, words }): Wanted | string {
    if (words.length > 0 === (user !== undefined)) return 'Say which images: their ids, or --all-of-user ID.';
    const wrong = words.find((word) => !isImageId(word));
    if (wrong !== undefined) return notAnId(wrong);
    if (output === '') return '--output must name a file or a folder.';
    return { image_ids: [...new Set(words)], user, output, force };
  },
  async run(wanted, session) {
    const place = await placeFor(wanted);
    const stop = stopSignal();
    const { signal } = stop;
    // Ends what is under way, so that what has been written of a file is taken away again.
    const tintype = connectTo(session.server, (input, init) => fetch(input, { ...init, signal }));
    try {
      const failed = await downloadAll(wanted, place, { ...session, tintype, signal });
      return failed === 0 ? 0 : 1;
    } catch (error) {
      if (!signal.aborted) throw error;
      session.errors.write('Not all was downloaded. The same command, given again, goes on from here.\n');
      return stop.exitCode();
    } finally {
      stop.forget();
    }
  },
});

interface StoppableSession extends Session {
  /** Ends all requests. */
  readonly signal: AbortSignal;
}

/** How many could not be downloaded. @throws where the rest was not tried. */
async function downloadAll(wanted: Wanted, place: Place, session: StoppableSession): Promise<number> {
  let failed = 0;
  for await (const image_id of idsOf(wanted, session)) {
    session.signal.throwIfAborted();
    if (!(await downloadOne(image_id, place, wanted.force, session))) failed++;
  }
  return failed;
}

async function* idsOf({ image_ids, user }: Wanted, { tintype }: Session): AsyncGenerator<string> {
  if (user === undefined) return yield* image_ids;
  const filters = { user_id: user, limit: 200 };
  let page = await tintype.listPage(filters);
  for (;;) {
    for (const { image_id } of page.items) {
      // Names of files are made of it.
      if (!isImageId(image_id))
        throw new OperatorError(`The server names an image that is none: ${image_id}`);
      yield image_id;
    }
    if (page.last_evaluated_key === null) return;
    page = await tintype.listPage({ ...filters, last_evaluated_key: page.last_evaluated_key });
  }
}

/** Where images go: into a folder under names of their own, or one of them to a file. */
type Place = { readonly folder: string; readonly taken: Set<string> } | { readonly file: string };

async function placeFor({ image_ids, user, output = '.' }: Wanted): Promise<Place> {
  const found = await stat(output).catch(() => undefined);
  const isFolder = found?.isDirectory() === true || /[/\\]$/.test(output);
  if (!isFolder && user === undefined && image_ids.length === 1) return { file: output };
  await mkdir(output, { recursive: true });
  return { folder: output, taken: new Set() };
}

interface Result {
  readonly image_id: string;
  readonly path: string;
  readonly outcome: 'downloaded' | 'present';
}

/** False where it could not be downloaded, which it has said then. @throws what would befall all others, too. */
async function downloadOne(
  image_id: string,
  place: Place,
  force: boolean,
  { json, out, errors, server, tintype, signal }: StoppableSession,
): Promise<boolean> {
  try {
    const image = { ...(await tintype.view(image_id)), image_id };
    const saved =
      'file' in place ? save(tintype, image, place.file, force) : saveIn(tintype, image, place, force);
    const result = await saved;
    const word = result.outcome === 'present' ? 'is there  ' : 'downloaded';
    out.write(json ? `${JSON.stringify(result)}\n` : `${word}  ${image_id}  ${plainText(result.path)}\n`);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TintypeError && CONCERNS_ALL.includes(error.code)) throw error;
    const reason = failureLine(error, server);
    if (json) out.write(`${JSON.stringify({ image_id, outcome: 'failed', error: reason })}\n`);
    errors.write(`${image_id} was not downloaded: ${reason}\n`);
    return false;
  }
}

const CONCERNS_ALL = ['network', 'unauthenticated', 'insufficient_user_authentication', 'unexpected_answer'];

/** Under its name, or if that is another file's, under one of its own. */
async function saveIn(
  tintype: Tintype,
  image: Image,
  { folder, taken }: { readonly folder: string; readonly taken: Set<string> },
  force: boolean,
): Promise<Result> {
  const name = localName(image);
  // To some file systems letters of either case are the same. What this run has written is never overwritten.
  const isTaken = taken.has(name.toLowerCase());
  taken.add(name.toLowerCase());
  try {
    return await save(tintype, image, join(folder, name), force && !isTaken);
  } catch (error) {
    if (!(error instanceof FileThere)) throw error;
  }
  return save(tintype, image, join(folder, ownName(name, image.image_id)), force);
}

async function save(tintype: Tintype, image: Image, path: string, force: boolean): Promise<Result> {
  const { image_id, size_bytes, checksum_sha256: checksum } = image;
  if (await hasBytes(path, size_bytes, checksum)) return { image_id, path, outcome: 'present' };
  if (!force && (await isThere(path))) throw new FileThere(path);
  const response = await tintype.download(image_id);
  await saveFile(path, { chunks: chunksOf(response), checksum }, force);
  return { image_id, path, outcome: 'downloaded' };
}

async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array> {
  try {
    if (body) yield* body;
  } catch (error) {
    throw new Error('The connection broke before all bytes had come.', { cause: error });
  }
}
