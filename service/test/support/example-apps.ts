import type { Example } from './example-app.ts';

/** The apps of the guide for app developers. */

export const EXPRESS: Example = {
  folder: 'express',
  made: 'node_modules/@tintype/client/index.js',
  command: ['src/server.ts'],
};

export const NEXTJS: Example = {
  folder: 'nextjs',
  made: '.next/BUILD_ID',
  command: ['node_modules/next/dist/bin/next', 'start', '-H', '127.0.0.1'],
};
