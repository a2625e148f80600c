import * as z from 'zod';
import type { AuthConfig } from './auth.ts';
import { isSafe } from './issuer-url.ts';

/** How the gallery is shown. */
export interface GalleryConfig {
  /** How people sign in there; undefined: nobody is asked who they are, or they paste a token. */
  readonly signIn: SignInConfig | undefined;
}

/** Signing in at the issuer (OpenID Connect), by a page that can keep no secret. */
export interface SignInConfig {
  readonly clientId: string;
  /** What a token is asked for, as scopes with spaces between them. */
  readonly scope: string;
  /** Where the page asks for tokens, beside the issuer's own origin. */
  readonly origins: readonly string[];
}

/** RFC 6749, section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;

const origins = z
  .string()
  .transform((text) => text.split(',').map((origin) => origin.trim()))
  .refine(
    (all) => all.every((text) => isSafeUrl(text) && new URL(text).origin === text),
    'must be https origins with commas between them, such as https://oauth2.example.com',
  );

/** The variables of the gallery. */
export const galleryEnvironment = {
  GALLERY: z.enum(['on', 'off'], 'must be on or off').default('on'),
  GALLERY_CLIENT_ID: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be the id that the issuer has given to the gallery')
    .optional(),
  GALLERY_SCOPE: z
    .string()
    .regex(SCOPE, 'must be scopes with spaces between them, such as openid images:read images:write')
    .optional(),
  GALLERY_SIGN_IN_ORIGINS: origins.optional(),
};

type GalleryEnvironment = z.output<z.ZodObject<typeof galleryEnvironment>>;

const SIGN_IN = ['GALLERY_CLIENT_ID', 'GALLERY_SCOPE', 'GALLERY_SIGN_IN_ORIGINS'] as const;

/** What is wrong with how people are to sign in: what would be set in vain, or could not work. */
export function problemsOfGallery(env: GalleryEnvironment, auth: AuthConfig): string[] {
  const given = SIGN_IN.filter((name) => env[name] !== undefined);
  if (env.GALLERY === 'off') {
    return given.map((name) => `${name} is set, and GALLERY is off: leave one of them out.`);
  }
  if (auth.kind === 'none') {
    return given.map(
      (name) => `${name} is set, and nobody is asked to sign in: set AUTH=jwt, or leave it out.`,
    );
  }
  if (env.GALLERY_CLIENT_ID === undefined) {
    return given.map(
      (name) => `${name} is set, and GALLERY_CLIENT_ID is not: nobody can sign in without it.`,
    );
  }
  if (isSafeUrl(auth.issuer)) return [];
  return [
    `GALLERY_CLIENT_ID is set, and JWT_ISSUER is ${auth.issuer}: people can sign in where that is an https URL (http on this machine alone).`,
  ];
}

/** @param env of which `problemsOfGallery` has found nothing. */
export function galleryOf(env: GalleryEnvironment, auth: AuthConfig): GalleryConfig | undefined {
  if (env.GALLERY === 'off') return undefined;
  const { GALLERY_CLIENT_ID: clientId, GALLERY_SCOPE: scope, GALLERY_SIGN_IN_ORIGINS } = env;
  if (auth.kind === 'none' || clientId === undefined) return { signIn: undefined };
  return {
    signIn: {
      clientId,
      scope: scope ?? usualScope(auth.scopePrefix),
      origins: GALLERY_SIGN_IN_ORIGINS ?? [],
    },
  };
}

/** Who uses the gallery looks at images, and changes them. @param prefix what the issuer puts before our scopes. */
export function usualScope(prefix: string): string {
  return `openid ${prefix}images:read ${prefix}images:write`;
}

function isSafeUrl(text: string): boolean {
  return URL.canParse(text) && isSafe(new URL(text));
}
