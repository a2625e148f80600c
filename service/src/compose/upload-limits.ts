import type { Config } from '../config/config.ts';
import type { UploadLimits } from '../operations/deps.ts';

export function uploadLimits(config: Config): UploadLimits {
  return {
    maxImageBytes: config.maxImageBytes,
    maxPixels: config.maxImagePixels,
    acceptedTypes: config.acceptedTypes,
  };
}
