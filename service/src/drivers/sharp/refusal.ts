import type { Refusal } from './protocol.ts';

/** Thrown in a decoder: the image is at fault, and this is how. */
export class RefusedImage extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, detail: string) {
    super(detail);
    this.name = 'RefusedImage';
    this.refusal = refusal;
  }
}
