/** What is known of a failed upload: the code of a `TintypeError`, or one of our own. */
export interface Problem {
  readonly code: string;
  /** The service's own sentence. */
  readonly message: string;
}

/** The code of what fails because the file cannot be read. */
export const UNREADABLE = 'unreadable_file';

/** The code of a file that is not worth sending; the message says why. */
export const REFUSED = 'refused_file';

const WORDS: Readonly<Record<string, string>> = {
  quota_exceeded: 'There is no room left for it. Delete some images, then try again.',
  payload_too_large: 'It is larger than the service accepts.',
  unsupported_media_type: 'It is not an image of a kind that is accepted.',
  unprocessable_image: 'The image cannot be read. The file may be damaged.',
  insufficient_storage: 'The service has no space left. Try again later.',
  forbidden: 'You are not allowed to upload images here.',
  unauthenticated: 'The service does not accept your sign-in.',
  rate_limited: 'The service is busy. Try again in a minute.',
  timeout: 'The service waited too long for it. Try again.',
  unavailable: 'The service is not available. Try again later.',
  internal: 'The service has failed. Try again later.',
  network: 'The connection broke. Try again.',
  [UNREADABLE]: 'The file cannot be read. It may have been moved or changed, or it is a folder.',
};

/** Why an upload has failed, in a sentence for people. */
export function wordsOf({ code, message }: Problem): string {
  return WORDS[code] ?? message;
}

/** These are about the file itself: sent again it fails again. */
const ABOUT_THE_FILE: ReadonlySet<string> = new Set([
  'payload_too_large',
  'unsupported_media_type',
  'unprocessable_image',
  'invalid_request',
  UNREADABLE,
  REFUSED,
]);

/** Whether another try is worth offering. */
export function isWorthRetrying({ code }: Pick<Problem, 'code'>): boolean {
  return !ABOUT_THE_FILE.has(code);
}
