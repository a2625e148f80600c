import { apiCommand, isImageId, notAnId, type Session } from '../api-command.ts';
import { askYes, canAsk } from '../ask.ts';
import { SERVER_HELP } from '../connection.ts';
import { plainText } from '../text/plain-text.ts';

const HELP = `tintype delete: deletes images.

  tintype delete 019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11
  tintype delete --permanent --yes 019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11
  tintype list --user alice --tag draft --all --json | jq -r .image_id | xargs tintype delete --yes

  --permanent      for good, past the trash or out of it; without it, they lie in the trash for as long as the
                   server keeps one (TRASH_DAYS; most keep none, and then they are gone at once)
  --yes            does not ask first; needed where nobody can be asked
  --json           for programs: what became of each image, as a line of JSON
${SERVER_HELP}

Each is deleted for itself: that one cannot be does not keep the others.
Exit codes: 0; 1 some could not be deleted, or the answer was no; 2 the command was not understood.
`;

/** The most that the API takes at once. */
const LARGEST_BATCH = 100;

interface Wanted {
  readonly image_ids: readonly string[];
  readonly permanent: boolean;
  readonly yes: boolean;
}

/** `tintype delete` */
export const deleteImages = apiCommand({
  name: 'delete',
  help: HELP,
  options: {
    permanent: { type: 'boolean', default: false },
    yes: { type: 'boolean', short: 'y', default: false },
  },
  read({ values: { permanent, yes }, words }): Wanted | string {
    if (words.length === 0) return 'The ids of the images are needed; `tintype list` shows them.';
    const wrong = words.find((word) => !isImageId(word));
    if (wrong !== undefined) return notAnId(wrong);
    if (!yes && !canAsk()) return 'Nobody can be asked here whether that is meant: say --yes.';
    return { image_ids: [...new Set(words)], permanent, yes };
  },
  async run({ image_ids, permanent, yes }, session) {
    const what = image_ids.length === 1 ? `image ${image_ids[0]}` : `${image_ids.length} images`;
    if (!yes && !(await askYes(`Delete ${what}${permanent ? ' for good' : ''}?`))) {
      session.errors.write('Nothing was deleted.\n');
      return 1;
    }
    let failed = 0;
    for (let at = 0; at < image_ids.length; at += LARGEST_BATCH) {
      failed += await deleteBatch(image_ids.slice(at, at + LARGEST_BATCH), permanent, session);
    }
    return failed === 0 ? 0 : 1;
  },
});

/** How many could not be deleted. */
async function deleteBatch(
  image_ids: readonly string[],
  permanent: boolean,
  { tintype, json, out, errors }: Session,
): Promise<number> {
  const { items } = await tintype.deleteMany([...image_ids], { permanent });
  for (const item of items) {
    if (json) out.write(`${JSON.stringify(item)}\n`);
    else if (item.code === undefined) out.write(`${plainText(item.image_id)} deleted\n`);
    else errors.write(`${plainText(`${item.image_id} not deleted: ${item.error ?? item.code}`)}\n`);
  }
  return items.filter(({ code }) => code !== undefined).length;
}
