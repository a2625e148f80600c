// `npm ci` ends with this: it builds the gallery, so that `npm start` serves it. Where what builds it was left out
// (`--omit=dev`) there is nothing to do; the server then says what is missing.
const started = performance.now();
const vite = await import('vite').catch((error) => {
  if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
  throw error;
});
if (vite) {
  await vite.build({ root: 'web', logLevel: 'warn' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`The gallery is built, into web/dist, in ${seconds} s.\n`);
} else {
  process.stdout.write('The gallery is not built: its tools are left out, as by --omit=dev.\n');
}
