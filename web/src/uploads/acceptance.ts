import { sizeInWords } from '../session/usage.ts';

/** Of the gallery's settings, what a file is held to. */
export interface AcceptedFiles {
  readonly max_image_bytes: number;
  readonly accepted_types: readonly string[];
}

/** For systems that do not know the type of a file. */
const TYPE_BY_ENDING: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
};

const LISTED = new Intl.ListFormat('en', { type: 'conjunction' });

/** `JPEG, PNG, and AVIF`, of media types. */
export function kindsInWords(types: readonly string[]): string {
  return LISTED.format(types.map(kindOf));
}

function kindOf(type: string): string {
  const kind = type.replace(/^image\//, '').replace(/\+.*$/, '');
  return kind === 'webp' ? 'WebP' : kind.toUpperCase();
}

/**
 * Why a file is not worth sending, in a sentence for people.
 * @param bytesType what its bytes are, where they have been looked at; before that its name or the system says it.
 * @returns undefined where nothing is against it.
 */
export function refusalOf(
  file: Pick<File, 'name' | 'type' | 'size'>,
  { max_image_bytes, accepted_types }: AcceptedFiles,
  bytesType?: string,
): string | undefined {
  const type = bytesType ?? (file.type || (TYPE_BY_ENDING[endingOf(file.name)] ?? ''));
  if (!accepted_types.includes(type)) {
    const only = `Only ${kindsInWords(accepted_types)} images are accepted.`;
    return type.startsWith('image/') ? `${kindOf(type)} images are not accepted. ${only}` : only;
  }
  if (file.size === 0) return 'The file is empty.';
  if (file.size > max_image_bytes) {
    return `It is larger than ${sizeInWords(max_image_bytes)}, the most that is accepted.`;
  }
  return undefined;
}

function endingOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1).toLowerCase();
}
