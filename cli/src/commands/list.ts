import { apiCommand } from '../api-command.ts';
import { SERVER_HELP } from '../connection.ts';
import { FILTER_HELP, FILTER_OPTIONS, printImages, readFilters } from '../list-images.ts';

const HELP = `tintype list: lists images, newest first.

  tintype list --user alice
  tintype list --user alice --tag sea --tag dusk --date-range 2026-01-01/2026-01-31
  tintype list --user alice --status rejected
  tintype list --all --json | jq -r .image_id

${FILTER_HELP}
  --order ORDER    newest or oldest first
  --status STATUS  instead: those of a user that are pending, scanning or rejected
  --deleted        instead: what lies in the trash of a user
  --json           for programs: each image as a line of JSON
${SERVER_HELP}

The table is cut to the width of the terminal; into a file or a pipe it goes whole.
Exit codes: 0; 1 it could not be done; 2 the command was not understood.
`;

const STATUSES = ['pending', 'scanning', 'rejected'] as const;

/** `tintype list` */
export const list = apiCommand({
  name: 'list',
  help: HELP,
  options: { ...FILTER_OPTIONS, status: { type: 'string' }, deleted: { type: 'boolean', default: false } },
  read({ values, words }) {
    if (words.length > 0) return 'list takes options only; `tintype search` takes words.';
    const wanted = readFilters(values, ['newest', 'oldest']);
    if (typeof wanted === 'string') return wanted;
    const status = STATUSES.find((each) => each === values.status);
    if (values.status !== undefined && status === undefined)
      return `--status must be ${STATUSES.join(' or ')}.`;
    if (values.deleted && status !== undefined) return '--status and --deleted do not go together.';
    if (values.deleted) return { ...wanted, filters: { ...wanted.filters, deleted: true } };
    return status === undefined ? wanted : { ...wanted, filters: { ...wanted.filters, status } };
  },
  run: printImages,
});
