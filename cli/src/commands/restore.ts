import type { CopiedInstallation } from '../../../service/src/compose/backup.ts';
import { callBackup, imagesAndObjects } from '../backup/call-backup.ts';
import { bytesText, type Terminal } from '../terminal.ts';

const HELP = `tintype restore: makes a data folder of a backup.

  tintype restore FOLDER
  DATA_DIR=/var/lib/tintype/data tintype restore /mnt/backups/tintype

  --scrub  reads all bytes of the data folder once more, and holds them against their SHA-256
  --json   for programs: what was done as a line of JSON, instead of lines for people
  --help   this text

FOLDER is what tintype backup has made; it is not changed. The data folder is the one that the environment names, as for
its server: DATA_DIR. It must not be there, or be empty; one that holds images is left alone. A backup of an earlier
release is brought up to date. A run that was cut off is started again: until it is done there are no images in the
folder. The SHA-256 of all versions' bytes is checked on the way, and at the end the doctor looks through the folder.

Everything is as it was when the backup was taken: what was uploaded or changed since is not there, and what was deleted
since is there again.

Exit codes: 0 all is there; 1 bytes are missing or damaged in the backup, which is said, and all else is there, or it has
stopped; 2 the command was not understood.
`;

/** `tintype restore` */
export function restore(args: readonly string[], out: Terminal, errors: Terminal): Promise<number> {
  return callBackup({ name: 'restore', help: HELP, stopped: 'The restore has stopped.' }, args, out, errors, {
    run: async (options, log) =>
      (await import('../../../service/src/compose/backup.ts')).runRestore(options, log),
    textOf,
  });
}

function textOf({ copiedBytes, ...done }: CopiedInstallation): string {
  return `${imagesAndObjects(done)} (${bytesText(copiedBytes)}) are in ${done.data_dir}\n`;
}
