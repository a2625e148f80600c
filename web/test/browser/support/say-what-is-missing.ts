import { existsSync } from 'node:fs';
import { CHROMIUM, HAS_CHROMIUM } from './chromium-path.ts';

/** Before all tests: why they are skipped, if they are. */
export default function sayWhatIsMissing(): void {
  if (!HAS_CHROMIUM) {
    process.stdout.write(
      `The gallery's tests are skipped: there is no Chromium at ${CHROMIUM}. Install it (apt-get install chromium), or say where one is in CHROMIUM_PATH.\n`,
    );
  } else if (!existsSync('web/dist/index.html')) {
    throw new Error('The gallery is not built: npm run build:web');
  }
}
