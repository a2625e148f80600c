import * as z from 'zod';

/** `\p{Cc}`: C0 and C1 control characters, NUL and line ends among them. */
const CONTROL = /\p{Cc}/u;
const CONTROL_BUT_LINES = /[^\P{Cc}\t\n\r]/u;

interface TextRules {
  /** Most characters, counted as Unicode code points, as JSON Schema counts them. */
  readonly maxLength: number;
  readonly description: string;
  readonly example?: string;
  /** Whether tabs and line ends may stand in it. */
  readonly lines?: boolean;
}

/**
 * A text that people write. It comes back exactly as it was sent, or is refused: lone surrogates (which
 * UTF-8 cannot carry) and control characters are. An empty text means that there is none.
 */
export function optionalText({ maxLength, lines = false, ...meta }: TextRules) {
  return z
    .string()
    .refine((text) => text.isWellFormed(), 'must be valid Unicode text')
    .refine((text) => !(lines ? CONTROL_BUT_LINES : CONTROL).test(text), 'must not hold control characters')
    .refine((text) => atMostCharacters(text, maxLength), `must have at most ${maxLength} characters`)
    .nullable()
    .transform((text) => (text === '' ? null : text))
    .meta({ ...meta, maxLength });
}

/** True when `text` has at most `limit` code points. */
export function atMostCharacters(text: string, limit: number): boolean {
  // A code point takes one or two UTF-16 units, so most answers need no counting.
  return text.length <= limit || (text.length <= 2 * limit && [...text].length <= limit);
}

export const titleText = optionalText({
  maxLength: 200,
  description: 'A short name for people.',
  example: 'Osprey at dusk',
});

export const descriptionText = optionalText({
  maxLength: 2000,
  lines: true,
  description: 'What people should know of it; may have several lines.',
});

export const filenameText = optionalText({
  maxLength: 255,
  description: 'The name for downloads. Its extension decides nothing.',
  example: 'osprey.jpg',
});

/** 1 to 128 bytes of UTF-8 without control characters; any other character is as good as another. */
export const userIdText = z
  .string()
  .min(1, 'must not be empty')
  .refine((text) => text.isWellFormed(), 'must be valid Unicode text')
  .refine((text) => !CONTROL.test(text), 'must not hold control characters')
  .refine((text) => Buffer.byteLength(text, 'utf8') <= 128, 'must have at most 128 bytes of UTF-8')
  .meta({ description: 'Whose image it is.', example: 'alice', maxLength: 128 });

/** A SHA-256 in hex, of either case; lower-case from here on. */
export const checksumText = z
  .string()
  .regex(/^[0-9a-f]{64}$/i, 'must be a SHA-256 in hex, which has 64 digits')
  .transform((text) => text.toLowerCase())
  .meta({
    description: "SHA-256 of the image's bytes in hex. Bytes that have another are refused.",
    example: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  });
