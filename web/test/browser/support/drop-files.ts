import type { OpenPage } from './gallery.ts';

/** Drops files from the disk on the page, as a hand does: the browser makes the events, and what they carry. */
export async function dropFiles({ page, devTools }: OpenPage, paths: readonly string[]): Promise<void> {
  const { width, height } = page.viewportSize() ?? { width: 400, height: 400 };
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await devTools.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data });
  }
}
