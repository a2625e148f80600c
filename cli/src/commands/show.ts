import { apiCommand, oneImage, type Session } from '../api-command.ts';
import { SERVER_HELP } from '../connection.ts';
import { imageText, pixelsText, timeText } from '../print-image.ts';
import { bytesText, columnsOf } from '../terminal.ts';
import { type Column, tableText } from '../text/table.ts';

const HELP = `tintype show: shows all that is known of an image.

  tintype show 019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11
  tintype show 019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11 --versions
  tintype show 019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11 --json | jq .exif

  --versions       its versions instead: the current one and those that were replaced
  --json           for programs: one JSON document
${SERVER_HELP}

Exit codes: 0; 1 it could not be done, or there is no such image; 2 the command was not understood.
`;

/** `tintype show` */
export const show = apiCommand({
  name: 'show',
  help: HELP,
  options: { versions: { type: 'boolean', default: false } },
  read({ values, words }) {
    const image = oneImage(words);
    return typeof image === 'string' ? image : { ...image, versions: values.versions };
  },
  async run({ image_id, versions }, session) {
    if (versions) return showVersions(image_id, session);
    const image = await session.tintype.view(image_id);
    session.out.write(session.json ? `${JSON.stringify(image, null, 2)}\n` : imageText(image));
    return 0;
  },
});

type Version = Awaited<ReturnType<Session['tintype']['versions']>>['items'][number];

const VERSION_COLUMNS: readonly Column<Version>[] = [
  { heading: 'VERSION', cell: ({ version }) => String(version), align: 'right' },
  { heading: 'ACCEPTED', cell: ({ accepted_at }) => timeText(accepted_at) },
  { heading: 'TYPE', cell: ({ content_type }) => content_type },
  { heading: 'SIZE', cell: ({ size_bytes }) => bytesText(size_bytes), align: 'right' },
  { heading: 'PIXELS', cell: pixelsText, align: 'right' },
  { heading: 'STATUS', cell: ({ status, is_current }) => (is_current ? `${status}, current` : status) },
  { heading: 'SHA-256', cell: ({ checksum_sha256 }) => checksum_sha256 ?? '', atLeast: 8 },
];

async function showVersions(image_id: string, { tintype, json, out }: Session): Promise<number> {
  const versions = await tintype.versions(image_id);
  const width = columnsOf(out);
  out.write(
    json ? `${JSON.stringify(versions, null, 2)}\n` : tableText(VERSION_COLUMNS, versions.items, width),
  );
  return 0;
}
