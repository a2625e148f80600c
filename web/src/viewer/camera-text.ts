import type { Image } from '@tintype/client';

type Exif = NonNullable<Image['exif']>;

export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** What the camera wrote down, as photographers read it. */
export function cameraFacts(exif: Exif | null): readonly Fact[] {
  if (!exif) return [];
  const facts: [string, string | undefined][] = [
    ['Camera', cameraName(exif)],
    ['Lens', exif.lens],
    ['Exposure', exposureText(exif)],
    ['Taken', exif.taken_at === undefined ? undefined : takenText(exif.taken_at)],
    ['Place', placeText(exif.gps)],
  ];
  return facts.flatMap(([name, value]) => (value ? [{ name, value }] : []));
}

/** Makers often repeat their name in the model's. */
function cameraName({ camera_make: make, camera_model: model }: Exif): string | undefined {
  if (!make || !model) return model ?? make;
  return model.toLowerCase().startsWith(make.toLowerCase().split(' ')[0] ?? make)
    ? model
    : `${make} ${model}`;
}

function exposureText({ exposure_time, f_number, iso, focal_length_mm }: Exif): string {
  return [
    exposure_time === undefined ? undefined : `${exposure_time} s`,
    f_number === undefined ? undefined : `f/${f_number}`,
    iso === undefined ? undefined : `ISO ${iso}`,
    focal_length_mm === undefined ? undefined : `${focal_length_mm} mm`,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

/** By the camera's own clock, wherever it is read: the offset is not reckoned in. */
function takenText(taken: string): string {
  const clock = new Date(`${taken.slice(0, 19)}Z`);
  if (Number.isNaN(clock.getTime())) return taken;
  return clock.toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
}

function placeText(gps: Exif['gps']): string | undefined {
  if (!gps) return undefined;
  const degrees = (value: number, positive: string, negative: string) =>
    `${Math.abs(value).toFixed(4)}° ${value < 0 ? negative : positive}`;
  return `${degrees(gps.latitude, 'N', 'S')}, ${degrees(gps.longitude, 'E', 'W')}`;
}
