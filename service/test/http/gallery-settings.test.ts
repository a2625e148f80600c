import { describe, expect, it } from 'vitest';
import type { AppContext } from '../../src/http/context.ts';
import { gallerySettings } from '../../src/http/gallery-settings.ts';
import { type TestHome, useHome } from '../support/homes.ts';
import { useMadeGallery } from '../support/made-gallery.ts';

const TOKENS = {
  AUTH: 'jwt',
  JWT_ISSUER: 'https://login.example.com/tenant/',
  JWT_AUDIENCE: 'tintype',
  JWT_SECRET: 's'.repeat(32),
};

async function settingsOf(home: Pick<TestHome, 'request'>) {
  const response = await home.request('/gallery.json');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('cache-control')).toContain('no-store');
  return gallerySettings.parse(await response.json());
}

/** The page's policy, as its directives. */
async function policyOf(home: Pick<TestHome, 'request'>): Promise<Readonly<Record<string, string[]>>> {
  const text = (await home.request('/')).headers.get('content-security-policy') ?? '';
  const directives = text.split('; ').map((directive) => directive.split(' '));
  return Object.fromEntries(directives.map(([name = '', ...sources]) => [name, sources]));
}

const NOTHING_MORE = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'manifest-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};

describe('what the gallery is told, and may do', () => {
  const made = useMadeGallery();

  describe('on one machine', () => {
    const home = useHome('memory', made.home());

    it('is that nobody is asked who they are, and the limits that hold', async () => {
      expect(await settingsOf(home)).toEqual({
        auth: null,
        max_image_bytes: 52_428_800,
        accepted_types: ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'],
        trash_days: 0,
        search: true,
      });
    });

    it('is to load and ask nothing but this server', async () => {
      expect(await policyOf(home)).toEqual({
        ...NOTHING_MORE,
        'img-src': ["'self'", 'blob:', 'http://127.0.0.1:3000'],
        'connect-src': ["'self'", 'http://127.0.0.1:3000'],
      });
    });
  });

  describe('where no words can be searched for', () => {
    const plain = made.home();
    const home = useHome('memory', () => {
      const { around, ...options } = plain();
      const without = (context: AppContext) => ({
        ...context,
        deps: { ...context.deps, search: undefined },
      });
      return { ...options, around: (context) => around?.(without(context)) ?? context };
    });

    it('is that, too', async () => {
      expect((await settingsOf(home)).search).toBe(false);
    });
  });

  describe('with limits of its own, below a path', () => {
    const variables = { MAX_IMAGE_BYTES: '1000', ACCEPTED_TYPES: 'image/png', TRASH_DAYS: '30' };
    const home = useHome('memory', made.home({ ...variables, PUBLIC_URL: 'http://localhost:3000/pictures' }));

    it('is these', async () => {
      expect(await settingsOf(home)).toMatchObject({
        max_image_bytes: 1000,
        accepted_types: ['image/png'],
        trash_days: 30,
      });
    });

    it('is to fetch images of the whole origin', async () => {
      expect((await policyOf(home))['img-src']).toContain('http://localhost:3000');
    });
  });

  describe('with tokens, and no client of its own', () => {
    const home = useHome('memory', made.home({ ...TOKENS, JWT_USER_CLAIM: 'email' }));

    it('is whose token to ask people for', async () => {
      expect((await settingsOf(home)).auth).toEqual({
        issuer: 'https://login.example.com/tenant/',
        client_id: null,
        scope: 'openid images:read images:write',
        audience: 'tintype',
        user_claim: 'email',
      });
    });

    it('is not to ask the issuer anything', async () => {
      expect((await policyOf(home))['connect-src']?.join()).not.toContain('login.example.com');
    });
  });

  describe('with a client of its own', () => {
    const signIn = {
      ...TOKENS,
      JWT_SCOPE_PREFIX: 'tintype/',
      GALLERY_CLIENT_ID: 'gallery-client',
      GALLERY_SIGN_IN_ORIGINS: 'https://token.example.com',
    };
    const home = useHome('memory', made.home(signIn));
    const asked = useHome('memory', made.home({ ...signIn, GALLERY_SCOPE: 'openid email' }));

    it('is how to sign people in', async () => {
      expect((await settingsOf(home)).auth).toMatchObject({
        client_id: 'gallery-client',
        scope: 'openid tintype/images:read tintype/images:write',
      });
      expect((await settingsOf(asked)).auth?.scope).toBe('openid email');
    });

    it('is to ask the issuer for tokens, and where else it was said', async () => {
      const { 'connect-src': asks, 'img-src': shows, ...others } = await policyOf(home);
      expect(asks).toEqual([
        "'self'",
        'http://127.0.0.1:3000',
        'https://login.example.com',
        'https://token.example.com',
      ]);
      expect(shows).toEqual(["'self'", 'blob:', 'http://127.0.0.1:3000']);
      expect(others).toEqual(NOTHING_MORE);
    });

    it('holds no secret', async () => {
      expect(JSON.stringify(await settingsOf(home))).not.toContain(TOKENS.JWT_SECRET);
    });
  });

  describe('where images lie elsewhere', () => {
    const elsewhere = {
      fetched: ['https://d111111abcdef8.cloudfront.net'],
      sent: ['https://images.s3.eu-west-1.amazonaws.com'],
    };
    const home = useHome('memory', made.home({}, elsewhere));

    it('is to fetch them there, and to send them where they go', async () => {
      const { 'connect-src': asks, 'img-src': shows } = await policyOf(home);
      expect(shows).toEqual([
        "'self'",
        'blob:',
        'http://127.0.0.1:3000',
        'https://d111111abcdef8.cloudfront.net',
      ]);
      expect(asks).toEqual(["'self'", 'http://127.0.0.1:3000', 'https://images.s3.eu-west-1.amazonaws.com']);
    });
  });
});
