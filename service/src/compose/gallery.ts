import { fileURLToPath } from 'node:url';
import type { AuthConfig } from '../config/auth.ts';
import { type GalleryConfig, usualScope } from '../config/gallery.ts';
import type { ServerConfig } from '../config/server.ts';
import type { AppContext } from '../http/context.ts';
import { createGallery, type Gallery } from '../http/gallery.ts';
import { readGalleryFiles } from '../http/gallery-files.ts';
import { galleryPolicy } from '../http/gallery-policy.ts';
import type { GallerySettings } from '../http/gallery-settings.ts';
import type { Deps } from '../operations/deps.ts';
import type { Log } from '../ports/log.ts';
import type { BytesOrigins } from './home.ts';

/** What `npm run build:web` makes. */
const BUILT = fileURLToPath(new URL('../../../web/dist', import.meta.url));

/** Of a server that callers reach at a URL, whose images are there, too, or elsewhere. */
export type GalleryFor = (
  context: Pick<AppContext, 'publicUrl' | 'deps'>,
  bytes: BytesOrigins,
) => Gallery | undefined;

/** Reads the gallery, if the configuration wants it shown; a server that has none goes on without, and says so. */
export async function openGallery(config: ServerConfig, log: Log, folder = BUILT): Promise<GalleryFor> {
  const { gallery } = config;
  if (!gallery) return () => undefined;
  const files = await readGalleryFiles(folder);
  if (!files) {
    log.warn({ folder }, 'the gallery is not built: run `npm run build:web`, and start the server again');
  }
  return ({ publicUrl, deps }, { fetched, sent }) => {
    const { origin } = new URL(publicUrl);
    const policy = galleryPolicy({
      images: [origin, ...fetched],
      requests: [origin, ...sent, ...signInOrigins(config.auth, gallery)],
    });
    return createGallery(files, settingsOf(config, gallery, deps), policy);
  };
}

function settingsOf(
  { auth, maxImageBytes, acceptedTypes, processing }: ServerConfig,
  gallery: GalleryConfig,
  { search }: Pick<Deps, 'search'>,
): GallerySettings {
  return {
    auth: authSettings(auth, gallery),
    max_image_bytes: maxImageBytes,
    accepted_types: [...acceptedTypes],
    trash_days: processing.trashDays,
    search: search !== undefined,
  };
}

function authSettings(auth: AuthConfig, { signIn }: GalleryConfig): GallerySettings['auth'] {
  if (auth.kind === 'none') return null;
  const { issuer, audience, userClaim: user_claim, scopePrefix } = auth;
  const scope = signIn?.scope ?? usualScope(scopePrefix);
  return { issuer, client_id: signIn?.clientId ?? null, scope, audience, user_claim };
}

/** The issuer's own origin, which tells of itself there, and where else it says that tokens are to be had. */
function signInOrigins(auth: AuthConfig, { signIn }: GalleryConfig): readonly string[] {
  if (auth.kind === 'none' || !signIn) return [];
  return [new URL(auth.issuer).origin, ...signIn.origins];
}
