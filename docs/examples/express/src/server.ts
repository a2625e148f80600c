import { fileURLToPath } from 'node:url';
import { TintypeError } from '@tintype/client';
import express, { type ErrorRequestHandler } from 'express';
import { images } from './images.ts';

/** What the page can do something about is passed on by its code; the rest is this server's trouble, not its user's. */
const PASSED_ON = new Set([
  ...['invalid_request', 'not_found', 'payload_too_large', 'unsupported_media_type', 'unprocessable_image'],
  ...['quota_exceeded', 'rate_limited', 'conflict', 'idempotency_key_reused'],
]);

const onError: ErrorRequestHandler = (error, _request, response, next) => {
  if (!(error instanceof TintypeError)) return next(error);
  if (PASSED_ON.has(error.code)) {
    return void response.status(error.status).json({ code: error.code, error: error.message });
  }
  process.stderr.write(`Tintype: ${error.code} ${error.message} ${error.request_id ?? ''}\n`);
  response.status(502).json({ code: 'unavailable', error: 'Images cannot be reached now.' });
};

const app = express();
app.disable('x-powered-by');
app.use('/api', images);
app.use(express.static(fileURLToPath(new URL('../public', import.meta.url))));
app.use(onError);

const port = Number(process.env.PORT ?? 4000);
app.listen(port, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${port}\n`));
