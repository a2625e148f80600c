import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startUpload } from '../support/announced-uploads.ts';
import { uploadKeys } from '../support/direct-uploads.ts';
import { useHome } from '../support/homes.ts';
import { newPng, upload } from '../support/uploads.ts';
import { report, SEED, tries } from './support/torture.ts';

const RUNS = tries({ short: 300, long: 20_000 });

/** What somebody does to one place of a URL. */
type Change = (url: string, at: number, letter: string) => string;

const escapeAt: Change = (url, at) =>
  `${url.slice(0, at)}%${url.charCodeAt(at).toString(16).padStart(2, '0')}${url.slice(at + 1)}`;

/** One of the parameters, by its number, and what is made of all of them. */
const ofParameters =
  (change: (all: readonly string[], at: number, letter: string) => readonly string[]): Change =>
  (url, at, letter) => {
    const [path = '', query = ''] = url.split('?');
    const all = query.split('&');
    return `${path}?${change(all, at % all.length, letter).join('&')}`;
  };

const CHANGES: Readonly<Record<string, Change>> = {
  'a letter more': (url, at, letter) => url.slice(0, at) + letter + url.slice(at),
  'a letter less': (url, at) => url.slice(0, at) + url.slice(at + 1),
  'another letter': (url, at, letter) => url.slice(0, at) + letter + url.slice(at + 1),
  'a letter in the other case': (url, at) => {
    const letter = url[at] ?? '';
    const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
    return url.slice(0, at) + other + url.slice(at + 1);
  },
  'a letter escaped': escapeAt,
  'two letters the other way round': (url, at) =>
    url.slice(0, at) + (url[at + 1] ?? '') + (url[at] ?? '') + url.slice(at + 2),
  'cut off': (url, at) => url.slice(0, at),
  'a parameter dropped': ofParameters((all, at) => all.toSpliced(at, 1)),
  'a parameter doubled': ofParameters((all, at) => all.toSpliced(at, 0, all[at] ?? '')),
  'a parameter emptied': ofParameters((all, at) => all.with(at, `${(all[at] ?? '').split('=')[0]}=`)),
  'the parameters moved round': ofParameters((all, at) => [...all.slice(at), ...all.slice(0, at)]),
  'the parameters the other way round': ofParameters((all) => all.toReversed()),
  'a parameter of nobody’s': ofParameters((all, at, letter) => all.toSpliced(at, 0, `${letter}=1`)),
  'a parameter given again with another value': ofParameters((all, at, letter) => [
    ...all,
    `${(all[at] ?? '').split('=')[0]}=${letter}`,
  ]),
};

describe('a signed URL that is changed anywhere', () => {
  const home = useHome('embedded');

  it('gives nothing and takes nothing, whether it was for reading, an upload or a part', async () => {
    const bytes = newPng(600);
    const { url: reading } = await upload(home, { filename: 'My osprey (1).png' }, newPng());
    const announced = { content_type: 'image/png' };
    const put = await startUpload(home, bytes, { ...announced, method: 'put' });
    const parts = await startUpload(home, bytes, { ...announced, method: 'parts' });
    const urls = [
      { method: 'GET', url: reading ?? '', headers: {} },
      { method: 'PUT', url: put.upload.url, headers: put.upload.headers },
      { method: 'PUT', url: parts.upload.parts[0]?.url ?? '', headers: {} },
    ];
    const tally = { changed: 0, refused: 0, taken: 0 };
    const change = fc.record({
      which: fc.constantFrom(...urls),
      how: fc.constantFrom(...Object.keys(CHANGES)),
      at: fc.nat(400),
      letter: fc.constantFrom('A', 'z', '0', '-', '_', '.', '/', '&', '=', '%', '+', '?', ';', ':', '~'),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ which, how, at, letter }) => {
        const { origin } = new URL(which.url);
        const target = which.url.slice(origin.length);
        // From the letter after `/objects/` on: what is before it is no URL of ours.
        const place = '/objects/'.length + (at % (target.length - '/objects/'.length));
        const forged = CHANGES[how]?.(target, place, letter) ?? target;
        // The URL standard reads some as the same, and what is no URL any more is for raw sockets.
        if (new URL(forged, origin).href === new URL(target, origin).href) return;
        tally.changed++;
        const body = which.method === 'PUT' ? { body: new Uint8Array(bytes) } : {};
        const { status } = await home.request(forged, {
          method: which.method,
          headers: which.headers,
          ...body,
        });
        if (status < 400) tally.taken++;
        else tally.refused++;
        expect([how, forged, [403, 404].includes(status), status]).toEqual([how, forged, true, status]);
        expect(await uploadKeys(home.context.deps.uploads)).toEqual([]);
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    report('signed-urls', tally);
    expect(tally.changed).toBeGreaterThan(RUNS / 2);
    // As they were given out they are good.
    for (const { method, url, headers } of urls) {
      const body = method === 'PUT' ? { body: new Uint8Array(bytes) } : {};
      expect((await home.follow(url, { method, headers, ...body })).status).toBe(200);
    }
  });
});
