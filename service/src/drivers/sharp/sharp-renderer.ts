import { fileURLToPath } from 'node:url';
import { DomainError } from '../../domain/errors.ts';
import type { RenditionPlan } from '../../domain/rendition.ts';
import type {
  DevelopedImage,
  RenderedImage,
  Renderer,
  SourceImage,
  WantedPresets,
} from '../../ports/renderer.ts';
import { acceptDeveloped, acceptRendered, developRules, renderRules } from './answers.ts';
import { type DecoderLoad, DecoderPool, type DecoderPoolOptions } from './decoder-pool.ts';
import type { DecodeLimits, Refusal, Refused } from './protocol.ts';

export type SharpRendererOptions = Partial<DecoderPoolOptions & DecodeLimits>;

/** As the source runs; a bundle has a file of its own for decoders, and names it. */
const PROGRAM = fileURLToPath(new URL('./decoder-child.ts', import.meta.url));

export const RENDERER_DEFAULTS: Required<Omit<SharpRendererOptions, 'onLoss'>> = {
  program: PROGRAM,
  size: 2,
  queueLimit: 64,
  jobsPerDecoder: 100,
  idleMs: 60_000,
  timeLimitMs: 20_000,
  memoryLimitBytes: 512 * 1024 * 1024,
  maxPixels: 50_000_000,
  maxFrames: 100,
  maxAnimationPixels: 25_000_000,
};

/** sharp, in processes of its own. */
export class SharpRenderer implements Renderer {
  readonly #pool: DecoderPool;
  readonly #limits: DecodeLimits;

  constructor(options: SharpRendererOptions = {}) {
    const { maxPixels, maxFrames, maxAnimationPixels, ...pool } = { ...RENDERER_DEFAULTS, ...options };
    this.#limits = { maxPixels, maxFrames, maxAnimationPixels };
    this.#pool = new DecoderPool(pool);
  }

  /** The decoders there are now. */
  get pids(): number[] {
    return this.#pool.pids;
  }

  get load(): DecoderLoad {
    return this.#pool.load;
  }

  async develop(image: SourceImage, { format }: WantedPresets): Promise<DevelopedImage> {
    const answer = await this.#pool.run({
      source: image,
      request: { ...this.#requestFor(image), job: 'develop', format },
      rules: developRules,
      accept: (frame) => acceptDeveloped(frame, format, this.#limits.maxPixels),
    });
    return this.#orThrow(answer, image);
  }

  async render(image: SourceImage, plan: RenditionPlan): Promise<RenderedImage> {
    const answer = await this.#pool.run({
      source: image,
      request: { ...this.#requestFor(image), job: 'render', plan },
      rules: renderRules,
      accept: (frame) => acceptRendered(frame, plan),
    });
    return this.#orThrow(answer, image);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #requestFor({ content_type, size_bytes }: SourceImage) {
    if (size_bytes < 1) throw new DomainError('unprocessable_image', 'The image is empty.');
    return { content_type, size_bytes, limits: this.#limits };
  }

  #orThrow<Result extends object>(answer: Result | Refused, { content_type }: SourceImage): Result {
    if (!('refused' in answer)) return answer;
    const sentences: Readonly<Record<Refusal, string>> = {
      not_as_declared: `The bytes are not an image of the type ${content_type}.`,
      undecodable: 'The image cannot be decoded: it is damaged or incomplete.',
      too_many_pixels: `The image has more than the ${this.#limits.maxPixels} pixels that are allowed in all.`,
    };
    throw new DomainError('unprocessable_image', sentences[answer.refused], {
      cause: new Error(answer.detail),
    });
  }
}
