import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { listen } from './listen.ts';

/** Hono's own hello-world, on its own adapter for Node. */
const app = new Hono();
app.get('/', (c) => c.text('Hello Hono!'));

await listen(getRequestListener(app.fetch) as RequestListener);
