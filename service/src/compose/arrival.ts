import type { Config } from '../config/config.ts';

/** What an image is when its bytes are accepted. Apart from the scanners, whose code few processes need. */
export function statusOnArrival({
  scanner,
  processing,
}: Pick<Config, 'scanner' | 'processing'>): 'scanning' | 'ready' {
  return scanner.kind === 'none' && !processing.stripGps ? 'ready' : 'scanning';
}
