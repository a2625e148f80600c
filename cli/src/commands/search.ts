import { apiCommand } from '../api-command.ts';
import { SERVER_HELP } from '../connection.ts';
import { FILTER_HELP, FILTER_OPTIONS, printImages, readFilters } from '../list-images.ts';

const HELP = `tintype search: finds images by words in their title, description, tags and filename.

  tintype search osprey dusk
  tintype search --user alice --tag sea --order newest osp

All words must be there. The last one may be the beginning of a word; accents and case do not count.

${FILTER_HELP}
  --order ORDER    newest or oldest first, or relevance
  --json           for programs: each image as a line of JSON
${SERVER_HELP}

Exit codes: 0, also where nothing is found; 1 it could not be done; 2 the command was not understood.
`;

/** `tintype search` */
export const search = apiCommand({
  name: 'search',
  help: HELP,
  options: FILTER_OPTIONS,
  read({ values, words }) {
    const q = words.join(' ').trim();
    if (q === '') return 'The words to search for are needed.';
    const wanted = readFilters(values, ['newest', 'oldest', 'relevance']);
    return typeof wanted === 'string' ? wanted : { ...wanted, filters: { ...wanted.filters, q } };
  },
  run: printImages,
});
