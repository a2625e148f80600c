import type { Context } from 'hono';
import type { z } from 'zod';
import { type FieldError, invalidField, invalidRequest } from '../domain/errors.ts';
import type { Env } from './context.ts';

/** Checks what a caller sent against a schema; every error names the field as the caller wrote it. */
export function validate<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalidRequest(result.error.issues.flatMap(fieldErrorsOf));
}

function fieldErrorsOf(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: shown(key), message: 'is not a known field' }));
  }
  const field = issue.path.map((part) => shown(String(part))).join('.') || 'body';
  if (issue.code === 'invalid_type' && issue.input === undefined) return [{ field, message: 'is missing' }];
  if (issue.code === 'invalid_union') {
    // Of the alternatives, the one that got furthest says most about what was meant.
    const [closest] = [...issue.errors].sort((a, b) => depth(b) - depth(a));
    return (closest ?? []).flatMap((inner) =>
      fieldErrorsOf({ ...inner, path: [...issue.path, ...inner.path] }),
    );
  }
  return [{ field, message: issue.message }];
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  const wrongType = issues.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0);
  return wrongType ? -1 : Math.max(0, ...issues.map((issue) => issue.path.length));
}

/** A caller's own words in our answer: kept short. */
export function shown(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}...` : name;
}

/** What `queryOf` gives where nothing is asked for. */
export const NO_QUERY: Readonly<Record<string, unknown>> = {};

/** The query string as an object; only `repeatable` parameters may stand in it more than once. */
export function queryOf(
  c: Context<Env>,
  repeatable: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  const target = c.env?.incoming?.url ?? c.req.url;
  if (!target.includes('?')) return NO_QUERY;
  refuseUnreadable(target);
  return singleValues(Object.entries(c.req.queries()), repeatable);
}

/**
 * What cannot be decoded would be taken as it stands, and then mean the same as its escaped spelling: a
 * query must be percent-encoded UTF-8. A `#` never gets into a request line from a URL.
 * @param target as it was sent.
 */
function refuseUnreadable(target: string): void {
  const [, ...query] = target.split('?');
  for (const pair of query.join('?').split('&')) {
    if (isReadable(pair)) continue;
    throw invalidField(shown(pair.split('=')[0] ?? ''), 'must be percent-encoded UTF-8');
  }
}

function isReadable(pair: string): boolean {
  if (!/^[\x21\x22\x24-\x7e]*$/.test(pair)) return false;
  try {
    decodeURIComponent(pair);
    return true;
  } catch {
    return false;
  }
}

/** Named values as an object: what was given once as a text, what was repeated (where it may be) as an array. */
export function singleValues(
  entries: Iterable<readonly [string, readonly string[]]>,
  repeatable: readonly string[],
): Record<string, unknown> {
  const values: [string, unknown][] = [];
  for (const [name, given] of entries) {
    if (given.length > 1 && !repeatable.includes(name))
      throw invalidField(shown(name), 'is given more than once');
    values.push([name, given.length === 1 ? given[0] : given]);
  }
  return Object.fromEntries(values);
}
