// Runs in a process of its own, as a function does: loads a built bundle, and answers the events it is sent.
import { callStreaming, installStreaming, isStreaming } from './streamed-answers.ts';

installStreaming();
const { handler } = await import(process.argv[2]);
const call = isStreaming(handler) ? (event) => callStreaming(handler, event) : (event) => handler(event, {});
process.on('message', async (event) => process.send(await call(event)));
process.send('ready');
