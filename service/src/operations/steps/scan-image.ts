import { DomainError, isDomainError } from '../../domain/errors.ts';
import type { ImageRecord, RejectionReason } from '../../domain/image.ts';
import type { Scanner, Verdict } from '../../ports/scanner.ts';
import type { Deps } from '../deps.ts';
import { rewriteImage } from './rewrite-image.ts';

export type ScanDeps = Pick<Deps, 'index' | 'objects' | 'stripGps' | 'log'> & {
  /** Undefined where nothing is scanned. */
  readonly scanner: Scanner | undefined;
};

/**
 * Lets an image that is `scanning` through, or rejects it. Whatever else happens it stays as it is, and is
 * not served. So does one that is clean, or that nobody is to scan, where something is to be removed from it first.
 * @returns the record as it is then; undefined where there is nothing to be scanned any more.
 * @throws DomainError `unavailable` where there is no verdict yet.
 */
export async function scanImage(deps: ScanDeps, image: ImageRecord): Promise<ImageRecord | undefined> {
  if (!deps.scanner && deps.stripGps) return image;
  const verdict = await verdictOf(deps, image);
  if (!verdict) return undefined;
  if (verdict.verdict === 'pending') {
    throw new DomainError('unavailable', 'The scanner has not got to this image yet.');
  }
  const reason = reasonOf(verdict);
  if (reason !== null) deps.log.warn({ image_id: image.image_id, reason }, 'an image has been rejected');
  if (reason === null && deps.stripGps) return image;
  return rewriteImage(deps, image, ({ status }) =>
    status === 'scanning'
      ? { status: reason === null ? 'ready' : 'rejected', rejection_reason: reason }
      : undefined,
  );
}

/** Undefined where the bytes are gone. */
async function verdictOf(deps: ScanDeps, image: ImageRecord): Promise<Verdict | undefined> {
  const { scanner, objects } = deps;
  // Nobody scans any more, and the image came when somebody did: it must not become visible by that.
  if (!scanner) throw new DomainError('unavailable', 'There is no scanner, and the image waits for one.');
  const object = await objects.open(image.object_key);
  if (!object) return undefined;
  const { size_bytes } = object;
  try {
    return await scanner.scan({
      key: image.object_key,
      size_bytes,
      stream: () => object.stream(0, size_bytes),
    });
  } catch (error) {
    if (isDomainError(error, 'unavailable')) await sayWhyItWaits(deps, image);
    throw error;
  } finally {
    await object.close();
  }
}

async function sayWhyItWaits(deps: ScanDeps, image: ImageRecord): Promise<void> {
  const reason: RejectionReason = 'scanner_unavailable';
  await rewriteImage(deps, image, ({ status, rejection_reason }) =>
    status === 'scanning' && rejection_reason !== reason ? { rejection_reason: reason } : undefined,
  );
}

/** Null for what is clean. */
function reasonOf(verdict: Exclude<Verdict, { verdict: 'pending' }>): string | null {
  const reasons = {
    infected: 'infected',
    too_large: 'too_large_to_scan',
    unsupported: 'unscannable',
  } as const satisfies Record<string, RejectionReason>;
  if (verdict.verdict === 'clean') return null;
  if (verdict.verdict === 'infected') return `${reasons.infected}: ${verdict.signature}`;
  return reasons[verdict.reason];
}
