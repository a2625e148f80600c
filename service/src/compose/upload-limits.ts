import type { Config } from '../config/config.ts';
import type { UploadLimits } from '../operations/deps.ts';

/** @param maxInlineBytes what a request can carry, where that is less than an image may have. */
export function uploadLimits(config: Config, maxInlineBytes = config.maxImageBytes): UploadLimits {
  return {
    maxInlineBytes: Math.min(maxInlineBytes, config.maxImageBytes),
    maxImageBytes: config.maxImageBytes,
    maxPixels: config.maxImagePixels,
    acceptedTypes: config.acceptedTypes,
  };
}
