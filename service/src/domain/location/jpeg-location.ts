import { redactPicture } from './jpeg-picture.ts';
import { CannotFollow, type Redaction } from './redaction.ts';
import { withoutPositionInTiff } from './tiff-location.ts';

/** A JPEG file (ITU-T T.81), and what comes after its end. @throws CannotFollow */
export function redactJpeg(file: Redaction): void {
  const { end, others } = redactPicture(file, 0, redactExif);
  redactTail(
    file,
    end,
    others.filter((at) => at >= end).sort((one, other) => one - other),
  );
}

/**
 * Further pictures stay, such as gain maps and previews, where they begin at once or where the first one says;
 * everything else goes, such as a motion photo's film.
 */
function redactTail(file: Redaction, start: number, others: readonly number[]): void {
  const isPicture = (place: number | undefined) => place !== undefined && file.says(place, '\xff\xd8\xff');
  let at = start;
  let nth = 0;
  while (at < file.length) {
    let next = at;
    while (next < file.length && file.u8(next) === 0) next++;
    while (nth < others.length && ((others[nth] ?? 0) < at || !isPicture(others[nth]))) nth++;
    const picture = isPicture(next) ? next : others[nth];
    file.fill(at, picture ?? file.length);
    if (picture === undefined) return;
    try {
      at = redactPicture(file, picture, redactExif).end;
    } catch (error) {
      if (!(error instanceof CannotFollow)) throw error;
      file.fill(picture, file.length);
      return;
    }
  }
}

function redactExif(file: Redaction, start: number, end: number): void {
  const rewritten = withoutPositionInTiff(file.slice(start, end));
  if (rewritten) file.write(start, rewritten);
}
