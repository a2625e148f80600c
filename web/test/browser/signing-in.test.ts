import { createClient } from '@tintype/client';
import type { BrowserContext, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startServerProcess, temporaryFolder } from '../../../service/test/support/server-process.ts';
import { AUDIENCE, ISSUER, useIssuer } from '../../../service/test/support/token-issuer.ts';
import { describeInChromium, useChromium } from './support/chromium.ts';
import { dropFiles } from './support/drop-files.ts';
import { openGallery, openPage } from './support/gallery.ts';
import { link, showsNames } from './support/grid.ts';
import { madePhotographs } from './support/photographs.ts';
import { startProvider } from './support/provider.ts';
import { listed, POLLING, uploaded } from './support/uploaded.ts';

/** What the browser itself says of an answer of 401. */
const REFUSED = [/status of 401/];

/** How a JSON Web Token begins. */
const TOKEN = /eyJ[\w-]+\./;

describeInChromium('signing in to the gallery', () => {
  const browser = useChromium();
  const issuer = useIssuer();

  const byToken = () => ({
    AUTH: 'jwt',
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: AUDIENCE,
    JWT_JWKS_URL: issuer.url,
  });

  /** Every address that a context asks for from now on. */
  function addressesOf(context: BrowserContext): string[] {
    const addresses: string[] = [];
    context.on('request', (request) => addresses.push(request.url()));
    return addresses;
  }

  async function isKeptInTabAlone(page: Page): Promise<void> {
    const kept = await page.evaluate(() => [JSON.stringify(sessionStorage), JSON.stringify(localStorage)]);
    expect(kept[0]).toMatch(TOKEN);
    expect(kept[1]).not.toMatch(TOKEN);
    expect(await page.evaluate(() => document.cookie)).toBe('');
  }

  async function pasteToken(page: Page, token: string): Promise<void> {
    await page.getByLabel('Access token').fill(token);
    await page.getByRole('button', { name: /^Sign in/ }).click();
  }

  const menuOf = (page: Page, user: string) => page.getByRole('button', { name: `Account of ${user}` });

  test('at a provider comes back to what was asked for, with the token in no address', async () => {
    const provider = await startProvider();
    const { page, context } = await openGallery(browser.current, {
      env: provider.env,
      origins: [provider.origin],
      path: '?tag=sea',
    });
    const addresses = addressesOf(context);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await menuOf(page, 'alice').waitFor();
    await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
    expect(new URL(page.url()).search).toBe('?tag=sea');
    expect(addresses.some((address) => address.includes('code_challenge_method=S256'))).toBe(true);
    expect(addresses.filter((address) => TOKEN.test(decodeURIComponent(address)))).toEqual([]);
    await isKeptInTabAlone(page);
    await page.reload();
    await menuOf(page, 'alice').waitFor();
    await menuOf(page, 'alice').click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toMatch(TOKEN);
  });

  test('shows whoever signs in nobody else’s images', async () => {
    const provider = await startProvider('alice');
    const options = { env: provider.env, origins: [provider.origin] };
    const { page, server, context } = await openGallery(browser.current, options);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await menuOf(page, 'alice').waitFor();
    const token = await page.evaluate(
      () => /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(JSON.stringify(sessionStorage))?.[0],
    );
    const api = createClient({ url: server.url, ...(token === undefined ? {} : { token }) });
    const [image] = await uploaded(api, [{ title: 'Of Alice', user_id: 'alice' }]);
    await page.reload();
    await showsNames(page, ['Of Alice']);
    await context.close();
    provider.signInAs('bob');
    const bob = await openPage(browser.current, server.url, {
      origins: [provider.origin],
      path: `?image=${image?.image_id}`,
      expectedErrors: [/status of 404/],
    });
    await bob.page.getByRole('button', { name: 'Sign in' }).click();
    await bob.page.getByText('This image is not there any more.').waitFor();
    await bob.page.keyboard.press('Escape');
    await bob.page.getByRole('heading', { name: 'No images yet' }).waitFor();
    await menuOf(bob.page, 'bob').waitFor();
  });

  test('works with a token that is pasted, and says what is wrong with one that is none', async () => {
    const { page, context } = await openGallery(browser.current, { env: byToken(), expectedErrors: REFUSED });
    const addresses = addressesOf(context);
    await pasteToken(page, 'not a token');
    await page.getByRole('alert').filter({ hasText: 'This is no token for this service' }).waitFor();
    await pasteToken(page, await issuer.token({ iss: 'https://somebody-else.example' }));
    await page.getByRole('alert').filter({ hasText: 'This service does not accept the token.' }).waitFor();
    await pasteToken(page, `Bearer ${await issuer.token()}`);
    await menuOf(page, 'alice').waitFor();
    await page.getByRole('heading', { name: 'No images yet' }).waitFor();
    expect(addresses.filter((address) => TOKEN.test(decodeURIComponent(address)))).toEqual([]);
    await isKeptInTabAlone(page);
  });

  test('ends when somebody signs out, and what they have deleted is gone then', async () => {
    const { page, server } = await openGallery(browser.current, { env: { ...byToken(), TRASH_DAYS: '0' } });
    const token = await issuer.token();
    const api = createClient({ url: server.url, token });
    await uploaded(api, [{ title: 'Sea', user_id: 'alice' }]);
    await pasteToken(page, token);
    await showsNames(page, ['Sea']);
    await link(page, 'Sea').focus();
    await page.keyboard.press('Delete');
    await page.getByText('1 image deleted').waitFor();
    await menuOf(page, 'alice').click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Access token').waitFor();
    expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toMatch(TOKEN);
    await expect.poll(async () => (await listed(api, { user_id: 'alice' })).length, POLLING).toBe(0);
  });

  test('is asked for again where the token has ended when the page is opened', async () => {
    const { page } = await openGallery(browser.current, { env: byToken() });
    await pasteToken(page, await issuer.token());
    await menuOf(page, 'alice').waitFor();
    await page.clock.setFixedTime(Date.now() + 2 * 3_600_000);
    await page.reload();
    await page.getByLabel('Access token').waitFor();
    await menuOf(page, 'alice').waitFor({ state: 'detached' });
  });

  test('is asked for again over the page once the service refuses the token, and the page goes on', async () => {
    const first = await startServerProcess({ env: byToken() });
    const api = createClient({ url: first.url, token: await issuer.token() });
    await uploaded(api, [
      { title: 'Osprey', user_id: 'alice', tags: ['birds'] },
      { title: 'Sea', user_id: 'alice' },
    ]);
    const { page } = await openPage(browser.current, first.url, { expectedErrors: REFUSED });
    await pasteToken(page, await issuer.token());
    await showsNames(page, ['Sea', 'Osprey']);
    await first.stop();
    // As when keys are withdrawn: what was good is so no more.
    const env = { ...byToken(), JWT_AUDIENCE: 'another', PORT: new URL(first.url).port };
    await startServerProcess({ env, dataDir: first.dataDir });
    const tag = page.getByRole('combobox', { name: 'Filter by tag' });
    await tag.fill('birds');
    await tag.press('Enter');
    await page.getByRole('dialog', { name: 'Your sign-in has ended' }).waitFor();
    await pasteToken(page, await issuer.token({ aud: 'another' }));
    await page.getByRole('dialog', { name: 'Your sign-in has ended' }).waitFor({ state: 'detached' });
    await showsNames(page, ['Osprey']);
  });

  test('is waited for by uploads whose token is refused, which go on then', async () => {
    const first = await startServerProcess({ env: byToken() });
    const gallery = await openPage(browser.current, first.url, { expectedErrors: REFUSED });
    const { page } = gallery;
    await pasteToken(page, await issuer.token());
    await page.getByRole('heading', { name: 'No images yet' }).waitFor();
    await first.stop();
    const env = { ...byToken(), JWT_AUDIENCE: 'another', PORT: new URL(first.url).port };
    await startServerProcess({ env, dataDir: first.dataDir });
    await dropFiles(gallery, await madePhotographs(4, await temporaryFolder()));
    await page.getByText('Sign in again to go on: 0 of 4 done').first().waitFor();
    const token = await issuer.token({ aud: 'another' });
    await pasteToken(page, token);
    await page.getByRole('dialog', { name: 'Your sign-in has ended' }).waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: '4 images uploaded' }).waitFor();
    const api = createClient({ url: first.url, token });
    expect(await listed(api, { user_id: 'alice' })).toHaveLength(4);
  });
});
