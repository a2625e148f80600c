import type { ScannerConfig } from '../config/scanner.ts';

/** What an image is when its bytes are accepted. Apart from the scanners, whose code few processes need. */
export function statusOnArrival({ kind }: ScannerConfig): 'scanning' | 'ready' {
  return kind === 'none' ? 'ready' : 'scanning';
}
