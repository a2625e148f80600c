/**
 * The file name that a browser takes from a Content-Disposition header: `filename*` in UTF-8 where there
 * is one (RFC 6266, section 4.3), else `filename`. Written apart from the library that makes the header;
 * throws at anything that is not exactly of that form, so that a broken header cannot pass.
 */
export function downloadName(header: string): string {
  const match =
    /^(?:inline|attachment)((?:; [a-z*]+=(?:[!#$&+\-.^_`|~0-9A-Za-z%']+|"(?:[^"\\]|\\.)*"))+)$/.exec(header);
  if (!match || /[^\x20-\x7e]/.test(header)) throw new Error(`Not a well-formed header: ${header}`);
  const parameters = new Map(
    [...(match[1] ?? '').matchAll(/; ([a-z*]+)=("(?:[^"\\]|\\.)*"|[^;]+)/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  );
  const extended = parameters.get('filename*');
  if (extended !== undefined) {
    if (!/^UTF-8''[!#$&+\-.^_`|~0-9A-Za-z%]*$/.test(extended)) throw new Error(`Not RFC 8187: ${extended}`);
    return decodeURIComponent(extended.slice("UTF-8''".length));
  }
  const plain = parameters.get('filename') ?? '';
  return plain.startsWith('"') ? plain.slice(1, -1).replaceAll(/\\(.)/g, '$1') : plain;
}
