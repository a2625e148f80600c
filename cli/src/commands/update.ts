import { type Image, TintypeError } from '@tintype/client';
import { normalizeTag } from '../../../service/src/domain/tag.ts';
import { apiCommand, oneImage, type Session } from '../api-command.ts';
import { SERVER_HELP } from '../connection.ts';
import { listedTags } from '../list-images.ts';
import { imageText } from '../print-image.ts';

const HELP = `tintype update: changes what is said of an image.

  tintype update 019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11 --title 'Osprey at dusk'
  tintype update 019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11 --add-tag bird --remove-tag draft
  tintype update 019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11 --tags bird,dusk --description ''

  --title TEXT        an empty one removes it
  --description TEXT  the same
  --tags LIST         all tags, with commas between them; an empty list removes them
  --add-tag TAG       one more; may be given several times
  --remove-tag TAG    one less; may be given several times
  --json              for programs: the image as one JSON document
${SERVER_HELP}

What somebody else changes in the same moment is not lost: tags are added and removed anew, anything else is
left, and said. Exit codes: 0; 1 it could not be done; 2 the command was not understood.
`;

/** How often tags are added anew to what others have made of them meanwhile. */
const TRIES = 5;

interface Wanted {
  readonly image_id: string;
  readonly said: {
    readonly title?: string;
    readonly description?: string;
    readonly tags?: string[];
  };
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** `tintype update` */
export const update = apiCommand({
  name: 'update',
  help: HELP,
  options: {
    title: { type: 'string' },
    description: { type: 'string' },
    tags: { type: 'string' },
    'add-tag': { type: 'string', multiple: true },
    'remove-tag': { type: 'string', multiple: true },
  },
  read({ values, words }): Wanted | string {
    const image = oneImage(words);
    if (typeof image === 'string') return image;
    const { title, description, tags, 'add-tag': add = [], 'remove-tag': remove = [] } = values;
    const said = {
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      ...(tags === undefined ? {} : { tags: listedTags(tags) }),
    };
    if (tags !== undefined && add.length + remove.length > 0) {
      return '--tags says all of them; --add-tag and --remove-tag do not go with it.';
    }
    if (Object.keys(said).length + add.length + remove.length === 0) return 'Say what is to be changed.';
    return { ...image, said, add, remove };
  },
  async run(wanted, session) {
    const image = await change(wanted, session);
    session.out.write(session.json ? `${JSON.stringify(image, null, 2)}\n` : imageText(image));
    return 0;
  },
});

/** On condition that nobody has changed the image since it was looked at. */
async function change({ image_id, said, add, remove }: Wanted, { tintype }: Session): Promise<Image> {
  const isOfTagsAlone = Object.keys(said).length === 0;
  for (let tries = 1; ; tries++) {
    const { etag, tags } = await tintype.view(image_id);
    const changed = add.length + remove.length > 0 ? { tags: changedTags(tags, add, remove) } : {};
    try {
      return await tintype.update(image_id, { ...said, ...changed }, { etag });
    } catch (error) {
      const isOvertaken = error instanceof TintypeError && error.code === 'precondition_failed';
      if (!isOvertaken || !isOfTagsAlone || tries === TRIES) throw error;
    }
  }
}

function changedTags(tags: readonly string[], add: readonly string[], remove: readonly string[]): string[] {
  const gone = new Set(remove.map(normalizeTag));
  return [...tags.filter((tag) => !gone.has(tag)), ...add];
}
