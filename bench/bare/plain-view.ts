import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { pino } from 'pino';
import { listen } from './listen.ts';

/**
 * `plain-view.ts BODY HEADERS [log]`: Hono alone, with an answer that has been made before for each request: a view's JSON and its headers, each in
 * a file. With `log` it writes the line that Tintype writes of it, by pino, which gathers them to 4 KB. It looks nothing up, and checks nothing.
 */
const [bodyFile = '', headersFile = '', way] = process.argv.slice(2);
const body = readFileSync(bodyFile, 'utf8');
const headers = JSON.parse(readFileSync(headersFile, 'utf8')) as Record<string, string>;
const app = new Hono();
if (way === 'log') {
  const destination = pino.destination({ dest: 1, sync: false, minLength: 4096 });
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  app.use(async (c, next) => {
    const started = performance.now();
    await next();
    log.info(
      {
        request_id: randomUUID(),
        method: c.req.method,
        route: '/images/:image_id',
        status: c.res.status,
        duration_ms: Math.round((performance.now() - started) * 10) / 10,
        caller: 'anonymous',
        address: '127.0.0.1',
        image_id: c.req.param('image_id'),
        bytes_in: 0,
        bytes_out: body.length,
      },
      'request',
    );
  });
}
app.get('/images/:image_id', (c) => c.body(body, 200, headers));

await listen(getRequestListener(app.fetch) as RequestListener);
