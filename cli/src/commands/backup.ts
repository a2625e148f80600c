import type { BackedUpInstallation } from '../../../service/src/compose/backup.ts';
import { callBackup, countOf, imagesAndObjects } from '../backup/call-backup.ts';
import { bytesText, type Terminal } from '../terminal.ts';

const HELP = `tintype backup: copies a data folder to another one, while its server goes on serving.

  tintype backup FOLDER
  tintype backup /mnt/backups/tintype --scrub

  --scrub  reads all bytes of the backup once more, and holds them against their SHA-256
  --json   for programs: what was done as a line of JSON, instead of lines for people
  --help   this text

It is about the data folder that the environment names, as for its server: DATA_DIR. FOLDER is made where there is none;
otherwise it is empty, or holds an earlier backup, which is brought up to date: only bytes that it has not got are
copied, and what was there before can be restored until the new one is whole. Put it on another disk.

The backup is the installation at one moment: each record has its bytes, of all versions, with presets, jobs, limits,
webhooks, share links, who did what, and the secret that URLs are signed with. So keep it as private as the data folder.
Uploads that are announced and not completed are begun anew after a restore; renditions of other sizes than the
presets' are made again when they are asked for. The SHA-256 of whatever is copied is checked on the way, and at the end
the doctor looks through the backup. tintype restore makes a data folder of it.

Exit codes: 0 all is backed up; 1 bytes are lost or damaged in the data folder itself, which is said, and all else is
backed up, or it has stopped; 2 the command was not understood.
`;

/** `tintype backup` */
export function backup(args: readonly string[], out: Terminal, errors: Terminal): Promise<number> {
  return callBackup({ name: 'backup', help: HELP, stopped: 'The backup has stopped.' }, args, out, errors, {
    run: async (options, log) =>
      (await import('../../../service/src/compose/backup.ts')).runBackup(options, log),
    textOf,
  });
}

function textOf({ copied, copiedBytes, dropped, ...done }: BackedUpInstallation): string {
  const bytes = bytesText(copiedBytes);
  return (
    `${imagesAndObjects(done)} of ${done.data_dir} are backed up\n` +
    `${countOf(copied, 'object')} (${bytes}) copied, ${countOf(dropped, 'object')} of an earlier backup removed\n`
  );
}
