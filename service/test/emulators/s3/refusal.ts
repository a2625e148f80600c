/** An answer in which S3 says no, in its own words. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
  }
}

export function notImplemented(what: string): Refusal {
  return new Refusal(501, 'NotImplemented', `${what} is not implemented by this emulator`);
}

export function accessDenied(message: string): Refusal {
  return new Refusal(403, 'AccessDenied', message);
}

export function errorXml({ code, message }: Refusal): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`;
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
