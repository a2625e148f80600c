import { Refusal } from './refusal.ts';

export interface Form {
  /** By name, as it is spelled. */
  readonly fields: ReadonlyMap<string, string>;
  readonly file: Buffer;
}

/** A `multipart/form-data` body. What follows the file is ignored, as S3 does. */
export function parseForm(contentType: string, body: Buffer): Form {
  const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const delimiter = Buffer.from(`--${quoted ?? plain ?? ''}`);
  if (delimiter.length === 2) throw malformed();
  const fields = new Map<string, string>();
  let start = body.indexOf(delimiter);
  for (;;) {
    const end = body.indexOf(delimiter, start + delimiter.length);
    if (start < 0 || end < 0)
      throw new Refusal(400, 'InvalidArgument', 'POST requires exactly one file upload per request.');
    const part = body.subarray(start + delimiter.length + 2, end - 2);
    const headerEnd = part.indexOf('\r\n\r\n');
    const head = part.toString('utf8', 0, headerEnd);
    const [, name] = /;\s*name="([^"]*)"/i.exec(head) ?? [];
    if (headerEnd < 0 || name === undefined) throw malformed();
    // fauxqs would take it for the file.
    if (name !== 'file' && /;\s*filename=/i.test(head)) throw malformed();
    const value = part.subarray(headerEnd + 4);
    if (name === 'file') return { fields, file: value };
    if (fields.has(name)) throw new Refusal(400, 'InvalidArgument', `The field ${name} is there twice.`);
    fields.set(name, value.toString());
    start = end;
  }
}

function malformed(): Refusal {
  return new Refusal(
    400,
    'MalformedPOSTRequest',
    'The body of your POST request is not well-formed multipart/form-data.',
  );
}
