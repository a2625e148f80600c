// `time-import.mjs FILE`: how long it takes to import a module, in milliseconds. Nothing else is loaded before.
const started = performance.now();
await import(process.argv[2]);
process.stdout.write(String(performance.now() - started), () => process.exit());
