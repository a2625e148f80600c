import { TintypeError } from '@tintype/client';
import { OperatorError } from '../../../service/src/domain/operator-error.ts';
import { apiCommand, type Session, wholeNumber } from '../api-command.ts';
import { connectTo, SERVER_HELP } from '../connection.ts';
import { listedTags } from '../list-images.ts';
import { type StopSignal, stopSignal } from '../stop-signal.ts';
import { type FoundImages, findImages, type LocalImage } from '../upload/find-images.ts';
import { ReplayWatch } from '../upload/replay-watch.ts';
import { type SaidOfImages, storeImage } from '../upload/store-image.ts';
import { StoredImages } from '../upload/stored-images.ts';
import { UploadReport } from '../upload/upload-report.ts';
import { type Outcome, runUploads } from '../upload/upload-run.ts';

const HELP = `tintype upload: uploads images, each once.

  tintype upload --user alice sunset.jpg
  tintype upload --user alice --tags holiday,sea ~/Pictures/2026
  tintype upload --user alice --dry-run ~/Pictures

Folders are walked through with all that is below them, in the order of names; links are followed. What is hidden
(its name begins with a dot) is passed over unless it is named itself, and so is every file whose first bytes are
not those of a JPEG, PNG, WebP, GIF or AVIF.

  --user ID        whose they are; without it, whose token it is
  --tags LIST      tags for all of them, with commas between
  --title TEXT     a title, for one image
  --parallel N     so many at a time, 1 to 32; 4 if it is not said
  --dry-run        says what would be uploaded, and uploads nothing
  --json           for programs: each file as a line of JSON, and {"summary":...} as the last
${SERVER_HELP}

What the user has already, by its SHA-256, is not uploaded again: a run that was cut off, by Ctrl-C or by anything
else, goes on where it stopped when the same command is given again, and given twice at once makes each image once.
Large files go in parts, and go on from the parts that have arrived. Of several files with the same bytes one is
uploaded. A file that changes meanwhile is not stored.

Exit codes: 0 all are there; 1 some are not, and why is said at the end; 2 the command was not understood; 130 it
was stopped by Ctrl-C.
`;

const DEFAULT_PARALLEL = 4;
const MOST_PARALLEL = 32;

interface Wanted {
  readonly paths: readonly string[];
  readonly said: SaidOfImages;
  readonly parallel: number;
  readonly dryRun: boolean;
}

/** `tintype upload` */
export const upload = apiCommand({
  name: 'upload',
  help: HELP,
  options: {
    user: { type: 'string' },
    tags: { type: 'string' },
    title: { type: 'string' },
    parallel: { type: 'string', default: String(DEFAULT_PARALLEL) },
    'dry-run': { type: 'boolean', default: false },
  },
  read({ values: { user, tags, title, parallel, 'dry-run': dryRun }, words }): Wanted | string {
    if (words.length === 0) return 'Say which files or folders are to be uploaded.';
    const atOnce = wholeNumber(parallel, 1, MOST_PARALLEL);
    if (atOnce === undefined) return `--parallel must be a whole number from 1 to ${MOST_PARALLEL}.`;
    const said = {
      ...(user === undefined ? {} : { user_id: user }),
      ...(title === undefined ? {} : { title }),
      ...(tags === undefined ? {} : { tags: listedTags(tags) }),
    };
    return { paths: words, said, parallel: atOnce, dryRun };
  },
  async run(wanted, session) {
    const found = await findImages(wanted.paths);
    if (wanted.said.title !== undefined && found.images.length > 1) {
      session.errors.write(`--title goes with one image, and there are ${found.images.length}.\n`);
      return 2;
    }
    const stop = stopSignal();
    try {
      return await uploadFound(wanted, found, session, stop);
    } catch (error) {
      if (!stop.signal.aborted) throw whoseImages(error, wanted.said.user_id);
      session.errors.write('Stopped before anything was uploaded.\n');
      return stop.exitCode();
    } finally {
      stop.forget();
    }
  },
});

async function uploadFound(
  { said, parallel, dryRun }: Wanted,
  found: FoundImages,
  session: Session,
  stop: StopSignal,
): Promise<number> {
  const { signal } = stop;
  const sizes = new Set(found.images.map(({ size }) => size));
  const replays = new ReplayWatch();
  const tintype = connectTo(session.server, replays.fetch);
  const stored = await StoredImages.list(tintype, said.user_id, sizes, signal);
  const store = { tintype, stored, said, takeReplay: (key: string) => replays.take(key) };
  const report = new UploadReport(session, found);
  const { endedBy } = await runUploads({
    files: found.images,
    parallel,
    signal,
    store: (file, checksum, sending) =>
      dryRun ? lookOnly(stored, file, checksum) : storeImage(store, file, checksum, sending),
    finished: (file) => report.finished(file),
    sent: (file, bytes) => report.sent(file, bytes),
  });
  const isWhole = report.end(endedBy, signal.aborted);
  if (signal.aborted) return stop.exitCode();
  return isWhole ? 0 : 1;
}

async function lookOnly(stored: StoredImages, { size }: LocalImage, checksum: string): Promise<Outcome> {
  const found = await stored.find(size, checksum);
  return found ? { outcome: 'present', image_id: found.image_id } : { outcome: 'would_upload' };
}

/** The service cannot know of our options: a user that it misses is to be named by one of them. */
function whoseImages(error: unknown, user: string | undefined): unknown {
  if (!(error instanceof TintypeError) || error.code !== 'invalid_request' || user !== undefined)
    return error;
  if (!error.errors?.some(({ field }) => field === 'user_id')) return error;
  return new OperatorError(
    'Say whose images these are: --user ID. (Nobody, or somebody who may act for all, is asking.)',
  );
}
