/** How callers sign in. */
export interface SignInSettings {
  /** Of the OpenID provider; also the `iss` of its tokens. */
  readonly issuer: string;
  /** Null where the gallery has no registration with the provider: tokens are pasted then. */
  readonly client_id: string | null;
  readonly scope: string;
  readonly audience?: string;
  /** The claim of a token that names its user to the service; `sub` unless said otherwise. */
  readonly user_claim?: string;
}

/** What the gallery is told of the service that it stands before. */
export interface GallerySettings {
  /** Null where nobody is asked who they are. */
  readonly auth: SignInSettings | null;
  readonly max_image_bytes: number;
  readonly accepted_types: readonly string[];
  /** How long deleted images stay in the trash; 0 where there is none. */
  readonly trash_days: number;
  readonly search: boolean;
}

/**
 * Reads `gallery.json`.
 * @param base where the gallery's files are.
 * @throws Error with a sentence for people.
 */
export async function loadSettings(base: URL): Promise<GallerySettings> {
  const answer = await fetch(new URL('gallery.json', base), {
    headers: { accept: 'application/json' },
  }).catch((cause: unknown) => {
    throw new Error('The service cannot be reached.', { cause });
  });
  if (!answer.ok) throw new Error('The service does not say how the gallery is to work. Try again later.');
  return (await answer.json()) as GallerySettings;
}
