import { serveUntilStopped } from './serve.ts';

/** `npm start`: the server. */
await serveUntilStopped();
