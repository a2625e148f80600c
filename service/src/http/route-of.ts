import type { Context } from 'hono';
import { routePath } from 'hono/route';
import type { Env } from './context.ts';

/** The pattern of the route that has answered, of several that the path may match; to be asked once it has. */
export function routeOf(c: Context<Env>): string {
  const known = c.get('route');
  if (known !== undefined) return known;
  const route = routePath(c);
  c.set('route', route);
  return route;
}
