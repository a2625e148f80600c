const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** What terminals show two columns wide (UAX #11: East Asian Wide and Fullwidth), by the blocks that hold it. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;

const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u;

const NOTHING_TO_SEE = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

/** How many columns of a terminal a line takes. It must hold no control characters. */
export function textWidth(text: string): number {
  // Most text is ASCII, of one column each.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

function graphemeWidth(grapheme: string): number {
  if (NOTHING_TO_SEE.test(grapheme)) return 0;
  return WIDE.test(grapheme) || EMOJI.test(grapheme) ? 2 : 1;
}

/** The text in at most so many columns; where something had to go, `…` stands for it. */
export function fitText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let [fitting, width] = ['', 0];
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment);
    if (width > columns - 1) break;
    fitting += segment;
  }
  return columns < 1 ? '' : `${fitting}…`;
}

/** The text, with spaces up to so many columns. */
export function padText(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, columns - textWidth(text)));
  return align === 'left' ? text + spaces : spaces + text;
}
