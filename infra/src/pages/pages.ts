import { permissionsPage } from './permissions-page.ts';
import { verifiedPage } from './verified-page.ts';

/** The pages that `npm run pages` writes, by their path in the repository. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'docs/permissions.md': permissionsPage,
  'docs/verified.md': verifiedPage,
};
