import * as z from 'zod';
import { searchTermsOf } from './search.ts';
import { atMostCharacters } from './text.ts';

const MAX_SEARCH_LENGTH = 200;

/** Every word is one more list of images that an index has to go through. */
const MAX_SEARCH_WORDS = 20;

/** The parameter in which people write what they look for, as terms. Apart from what the threads of the database read. */
export const searchText = z
  .string()
  .refine((text) => text.isWellFormed(), 'must be valid Unicode text')
  .refine(
    (text) => atMostCharacters(text, MAX_SEARCH_LENGTH),
    `must have at most ${MAX_SEARCH_LENGTH} characters`,
  )
  .transform(searchTermsOf)
  .refine((terms) => terms.length > 0, 'must have a letter or a digit')
  .refine(
    (terms) => terms.reduce((sum, { words }) => sum + words.length, 0) <= MAX_SEARCH_WORDS,
    `must have at most ${MAX_SEARCH_WORDS} words`,
  );
