// Runs in a process of its own, as a function does: loads a built bundle, and answers the events it is sent.
const { handler } = await import(process.argv[2]);
process.on('message', async (event) => process.send(await handler(event, {})));
process.send('ready');
