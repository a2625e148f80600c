import type { BrowserContext } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

export interface WatchOptions {
  /** Where the page may load from and send to. */
  readonly origins: readonly string[];
  /** Errors that a test brings about itself, such as the browser's own message of a 412. */
  readonly expectedErrors?: readonly RegExp[];
}

/**
 * Watches all pages of a context until the test ends, which fails if one has loaded something foreign, has run
 * against its security policy, or has written an error to the console.
 */
export async function watchPages(
  context: BrowserContext,
  { origins, expectedErrors = [] }: WatchOptions,
): Promise<void> {
  const foreign: string[] = [];
  const errors: string[] = [];
  const violations: string[] = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (!['blob:', 'data:'].includes(url.protocol) && !origins.includes(url.origin)) foreign.push(url.href);
  });
  context.on('console', (message) => {
    if (message.type() !== 'error') return;
    const text = `${message.text()} (${message.location().url})`;
    if (!expectedErrors.some((expected) => expected.test(text))) errors.push(text);
  });
  context.on('weberror', (error) => errors.push(String(error.error())));
  await context.exposeFunction('tellViolation', (text: string) => violations.push(text));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      const { tellViolation } = window as unknown as { tellViolation(text: string): void };
      tellViolation(`${violatedDirective}: ${blockedURI}`);
    });
  });
  onTestFinished(() => {
    expect({ foreign, errors, violations }).toEqual({ foreign: [], errors: [], violations: [] });
  });
}
