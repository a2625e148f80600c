import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';
import { readServerConfig } from './server.ts';

type Variables = Readonly<Record<string, string>>;

const JWT: Variables = {
  AUTH: 'jwt',
  JWT_ISSUER: 'https://login.example.com/',
  JWT_AUDIENCE: 'tintype',
  JWT_SECRET: 's'.repeat(32),
};

function problemsOf(variables: Variables): readonly string[] {
  try {
    readServerConfig(variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const galleryOf = (variables: Variables) => readServerConfig(variables).gallery;

describe('the configuration of the gallery', () => {
  test('is that it is shown, and nobody signs in', () => {
    expect(galleryOf({})).toEqual({ signIn: undefined });
    expect(galleryOf({ GALLERY: 'on' })).toEqual({ signIn: undefined });
    expect(galleryOf(JWT)).toEqual({ signIn: undefined });
  });

  test('can be that there is none', () => {
    expect(galleryOf({ GALLERY: 'off' })).toBeUndefined();
    expect(galleryOf({ ...JWT, GALLERY: 'off' })).toBeUndefined();
  });

  test('has how people sign in, asking for what reads and writes images', () => {
    expect(galleryOf({ ...JWT, GALLERY_CLIENT_ID: 'gallery' })).toEqual({
      signIn: { clientId: 'gallery', scope: 'openid images:read images:write', origins: [] },
    });
    const prefixed = { ...JWT, JWT_SCOPE_PREFIX: 'tintype/', GALLERY_CLIENT_ID: 'gallery' };
    expect(galleryOf(prefixed)?.signIn?.scope).toBe('openid tintype/images:read tintype/images:write');
  });

  test('has the scopes and the origins that were set', () => {
    const variables = {
      ...JWT,
      GALLERY_CLIENT_ID: 'gallery',
      GALLERY_SCOPE: 'openid email',
      GALLERY_SIGN_IN_ORIGINS: 'https://oauth2.example.com, http://127.0.0.1:9000',
    };
    expect(galleryOf(variables)?.signIn).toEqual({
      clientId: 'gallery',
      scope: 'openid email',
      origins: ['https://oauth2.example.com', 'http://127.0.0.1:9000'],
    });
  });

  test.each([
    ['GALLERY', ['yes', 'OFF'], 'must be on or off.'],
    [
      'GALLERY_CLIENT_ID',
      ['with space', 'ümlaut', 'x'.repeat(256)],
      'must be the id that the issuer has given to the gallery.',
    ],
    [
      'GALLERY_SCOPE',
      ['a  b', ' a', 'a"b', 'ä', 'a\nb'],
      'must be scopes with spaces between them, such as openid images:read images:write.',
    ],
    [
      'GALLERY_SIGN_IN_ORIGINS',
      ['oauth2.example.com', 'https://a.example/', 'http://a.example', 'https://u:p@a.example', '*', ','],
      'must be https origins with commas between them, such as https://oauth2.example.com.',
    ],
  ])('%s has values that are refused', (name, values, message) => {
    for (const value of values) expect(problemsOf({ [name]: value }), value).toEqual([`${name} ${message}`]);
  });

  const NAMES = ['GALLERY_CLIENT_ID', 'GALLERY_SCOPE', 'GALLERY_SIGN_IN_ORIGINS'];
  const ALL = {
    GALLERY_CLIENT_ID: 'gallery',
    GALLERY_SCOPE: 'openid',
    GALLERY_SIGN_IN_ORIGINS: 'https://oauth2.example.com',
  };

  test('comes with the rest, an empty variable counting as none', () => {
    const { gallery, ...rest } = readServerConfig({ GALLERY: '', GALLERY_CLIENT_ID: '', PORT: '80' });
    expect(gallery).toEqual({ signIn: undefined });
    expect(rest).toEqual(readConfig({ PORT: '80' }));
  });

  test('is told what is wrong with it beside what is wrong with the rest', () => {
    expect(problemsOf({ PORT: 'x', GALLERY: 'yes' })).toEqual([
      'PORT must be a whole number from 0 to 65535.',
      'GALLERY must be on or off.',
    ]);
  });

  test('says of everything that was set in vain what is missing', () => {
    expect(problemsOf({ ...JWT, ...ALL, GALLERY: 'off' })).toEqual(
      NAMES.map((name) => `${name} is set, and GALLERY is off: leave one of them out.`),
    );
    expect(problemsOf(ALL)).toEqual(
      NAMES.map((name) => `${name} is set, and nobody is asked to sign in: set AUTH=jwt, or leave it out.`),
    );
    const { GALLERY_CLIENT_ID: _id, ...others } = ALL;
    expect(problemsOf({ ...JWT, ...others })).toEqual(
      NAMES.slice(1).map(
        (name) => `${name} is set, and GALLERY_CLIENT_ID is not: nobody can sign in without it.`,
      ),
    );
  });

  test.each(['my issuer', 'http://login.example.com', 'urn:issuer'])(
    'refuses to sign people in at %s, which is no place to do so',
    (JWT_ISSUER) => {
      const [problem, ...more] = problemsOf({ ...JWT, JWT_ISSUER, GALLERY_CLIENT_ID: 'gallery' });
      expect(problem).toMatch(`GALLERY_CLIENT_ID is set, and JWT_ISSUER is ${JWT_ISSUER}: `);
      expect(more).toEqual([]);
      expect(problemsOf({ ...JWT, JWT_ISSUER })).toEqual([]);
    },
  );
});
