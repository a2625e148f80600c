import { isObjectKey, type ObjectKey } from '../../../domain/object-key.ts';

/** Below every file system's limit of 255, with room for the marks. */
const LONGEST_NAME = 200;

/**
 * Ends the name of a folder that holds only the beginning of a segment, and begins that of the rest, which
 * could be `..` without it; no key has this character.
 */
const CONTINUED = '+';

/**
 * The path of a key below the objects folder: the key itself, long segments cut into nested folders.
 * Injective, and it can leave the folder for no key.
 */
export function pathOfKey(key: ObjectKey): string {
  if (!isObjectKey(key)) throw new Error('Not an object key.');
  return key.split('/').flatMap(namesOfSegment).join('/');
}

function namesOfSegment(segment: string): string[] {
  const names: string[] = [];
  let rest = segment;
  while (rest.length > LONGEST_NAME) {
    names.push(rest.slice(0, LONGEST_NAME) + CONTINUED);
    rest = CONTINUED + rest.slice(LONGEST_NAME);
  }
  return [...names, rest];
}

/** Where files may lie whose keys have the same beginning. */
export interface PrefixPlace {
  /** Path below the objects folder, empty for that itself; all of them lie below it. */
  readonly folder: string;
  /** What the names of the entries of that folder begin with that hold one of them. */
  readonly name: string;
}

/** The deepest folder that a prefix of keys determines; undefined for what no key begins with. */
export function placeOfPrefix(prefix: string): PrefixPlace | undefined {
  if (prefix !== '' && !isObjectKey(prefix) && !isObjectKey(`${prefix}x`)) return undefined;
  // Of the last segment more may follow: a name of it that is not cut off yet is only the beginning of one.
  const names = prefix.split('/').flatMap(namesOfSegment);
  return { folder: names.slice(0, -1).join('/'), name: names.at(-1) ?? '' };
}

/** The key whose path this is, or undefined for a file that is none of ours. */
export function keyOfPath(path: string): ObjectKey | undefined {
  const key = path.replaceAll(`${CONTINUED}/${CONTINUED}`, '');
  return isObjectKey(key) && pathOfKey(key) === path ? key : undefined;
}
