import { makeRelease } from './release.ts';

/** Run by `npm run release`, with the folder that was synthesized and the one to write. */
const [assembly = '', folder = ''] = process.argv.slice(2);
for (const name of await makeRelease(assembly, folder)) process.stdout.write(`${name}\n`);
