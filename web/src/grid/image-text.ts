import type { ImageSummary } from '@tintype/client';

/** What an image is called: its title, or else the file's name. */
export function nameOf({ title, filename }: Pick<ImageSummary, 'title' | 'filename'>): string {
  return title || filename || 'Untitled image';
}

/** Why an image is not shown, in plain words; undefined: it is. */
export function statusText({
  status,
  rejection_reason: reason,
}: Pick<ImageSummary, 'status' | 'rejection_reason'>): string | undefined {
  const [word, detail] = [reason?.split(':')[0], reason?.split(': ').slice(1).join(': ')];
  if (status === 'ready') return undefined;
  if (status === 'pending') return 'Waiting for its upload';
  if (status === 'scanning') {
    return word === 'scanner_unavailable' ? 'Not checked yet: the scanner cannot be asked' : 'Being checked';
  }
  switch (word) {
    case 'infected':
      return `Rejected: malware was found${detail ? ` (${detail})` : ''}`;
    case 'too_large_to_scan':
      return 'Rejected: too large to be checked';
    case 'unscannable':
      return 'Rejected: it could not be checked';
    case 'undecodable':
      return `Rejected: the picture could not be read${detail ? `. ${detail}` : ''}`;
    case 'location_not_removable':
      return 'Rejected: where it was taken could not be removed from it';
    default:
      return 'Rejected';
  }
}

/** Such as `3 June 2026`. */
export function dayText(instant: string): string {
  return new Date(instant).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
}
