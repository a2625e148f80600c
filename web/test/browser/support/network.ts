import type { OpenPage } from './gallery.ts';

/** Bytes a second; without one as much as the machine gives. */
export interface Connection {
  readonly upload?: number;
}

async function emulate({ devTools }: OpenPage, offline: boolean, upload = -1): Promise<void> {
  await devTools.send('Network.enable');
  await devTools.send('Network.emulateNetworkConditions', {
    ...{ offline, latency: 0, downloadThroughput: -1, uploadThroughput: upload },
  });
}

/** Cuts the page's connection, in the middle of whatever it is doing; the browser tells it so. */
export const goOffline = (opened: OpenPage) => emulate(opened, true);

/** Gives it back, as fast as is said. */
export const goOnline = (opened: OpenPage, { upload }: Connection = {}) => emulate(opened, false, upload);
