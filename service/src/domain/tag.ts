import * as z from 'zod';
import { atMostCharacters } from './text.ts';

export const MAX_TAGS = 20;
export const MAX_TAG_LENGTH = 64;

/** The form in which a tag is stored and compared: trimmed, lower-case, Unicode NFC. */
export function normalizeTag(tag: string): string {
  return tag.trim().toLowerCase().normalize('NFC');
}

export const tagText = z
  .string()
  .refine((tag) => tag.isWellFormed(), 'must be valid Unicode text')
  .transform(normalizeTag)
  .refine((tag) => tag !== '', 'must not be empty')
  .refine((tag) => !/\p{Cc}/u.test(tag), 'must not hold control characters')
  .refine((tag) => atMostCharacters(tag, MAX_TAG_LENGTH), `must have at most ${MAX_TAG_LENGTH} characters`)
  .meta({ minLength: 1, maxLength: MAX_TAG_LENGTH, example: 'bird' });

const distinct = z
  .array(tagText)
  .transform((tags) => [...new Set(tags)])
  .refine((tags) => tags.length <= MAX_TAGS, `must be at most ${MAX_TAGS} different tags`);

const commaSeparated = z
  .string()
  .transform((text) => (text.trim() === '' ? [] : text.split(',')))
  .pipe(distinct);

/** An array of tags, or one string with commas between them (which forms and query strings can carry). */
export const tagList = z.union([distinct, commaSeparated]).meta({
  description: `Up to ${MAX_TAGS} tags; case and surrounding spaces do not count. A text with commas is taken apart.`,
  example: ['bird', 'dusk'],
});
