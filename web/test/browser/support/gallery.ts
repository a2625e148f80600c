import { createClient, type TintypeClient } from '@tintype/client';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { type ServerProcess, startServerProcess } from '../../../../service/test/support/server-process.ts';
import { watchPages } from './watched-page.ts';

/** Whose images the gallery shows where nobody is asked who they are. */
export const USER = 'me';

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** Far above what anything takes, also on a busy machine. */
const PATIENCE_MS = 60_000;

export interface PageOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  /** A finger in place of a mouse. */
  readonly hasTouch?: boolean;
  /** What the page is opened at, relative to the gallery. */
  readonly path?: string;
  /** Beside the gallery's own. */
  readonly origins?: readonly string[];
  readonly expectedErrors?: readonly RegExp[];
}

export interface GalleryOptions extends PageOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly dataDir?: string;
}

/** The gallery's page in a browser, and the service behind it. */
export interface OpenGallery extends OpenPage {
  readonly server: ServerProcess;
  /** The service, without a token. */
  readonly api: TintypeClient;
}

export interface OpenPage {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly devTools: CDPSession;
}

/** Starts a server that has nothing yet, unless its folder is given, and opens its gallery, until the test ends. */
export async function openGallery(
  browser: Browser,
  { env, dataDir, ...options }: GalleryOptions = {},
): Promise<OpenGallery> {
  const server = await startServerProcess({
    ...(env === undefined ? {} : { env }),
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  const opened = await openPage(browser, server.url, options);
  return { ...opened, server, api: createClient({ url: server.url }) };
}

/** Opens a gallery in a profile of its own, until the test ends. */
export async function openPage(
  browser: Browser,
  url: string,
  { viewport = DESKTOP, colorScheme = 'light', hasTouch = false, path = '', ...watched }: PageOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({
    ...{ viewport, colorScheme, hasTouch, isMobile: hasTouch, locale: 'en-GB', timezoneId: 'UTC' },
    acceptDownloads: true,
  });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(PATIENCE_MS);
  const { origins = [], expectedErrors = [] } = watched;
  await watchPages(context, { origins: [new URL(url).origin, ...origins], expectedErrors });
  const page = await context.newPage();
  const devTools = await context.newCDPSession(page);
  await page.goto(new URL(path, `${url}/`).href);
  return { page, context, devTools };
}
