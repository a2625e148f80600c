/**
 * One line, without anything that a terminal takes for a command or that turns the direction of what follows: it
 * may be the words of a file or of a user.
 */
export function plainText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, keptOrBlank);
}

/** Joins emoji, and letters of some scripts; alone it does nothing. */
const JOINERS = /^[\u200c\u200d]$/;

const keptOrBlank = (run: string) => (JOINERS.test(run) ? run : ' ');
