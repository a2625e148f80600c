const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
  'image/gif': '.gif',
  'image/avif': '.avif',
};

/** File systems take 255 bytes; some are left for what tells files of one name apart. */
const LONGEST_NAME = 180;

/** Windows opens devices by these names, whatever their extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** What names an image to whoever downloads it. */
interface Named {
  readonly image_id: string;
  readonly filename: string | null;
  readonly content_type: string;
}

/**
 * The name of the file that an image is downloaded to. It is that which the image was uploaded with, as far as such a
 * name is safe: it leads nowhere, hides nothing, is no option of a command, and no terminal takes it for one.
 */
export function localName({ image_id, filename, content_type }: Named): string {
  const safe = (filename ?? '')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\:*?"<>|]/gu, '_')
    .replace(/^[.\s-]+/, (start) => '_'.repeat(start.length))
    .replace(/[.\s]+$/, '');
  if (/^_*$/.test(safe)) return `${image_id}${EXTENSIONS[content_type] ?? ''}`;
  return shortened(DEVICE.test(safe) ? `_${safe}` : safe);
}

/** Another name, for an image whose own is taken by another one's file. */
export function ownName(name: string, image_id: string): string {
  const { stem, extension } = parts(name);
  return `${stem} (${image_id})${extension}`;
}

function shortened(name: string): string {
  const { stem, extension } = parts(name);
  let [short, bytes] = ['', Buffer.byteLength(extension)];
  for (const character of stem) {
    bytes += Buffer.byteLength(character);
    if (bytes > LONGEST_NAME) break;
    short += character;
  }
  return short + extension;
}

/** What is longer than any extension is none. */
function parts(name: string): { readonly stem: string; readonly extension: string } {
  const extension = /.(\.[A-Za-z0-9]{1,8})$/.exec(name)?.[1] ?? '';
  return { stem: name.slice(0, name.length - extension.length), extension };
}
