/** True for a drag that brings files, and not a text or an image of the page itself. */
export function bringsFiles(transfer: DataTransfer | null): transfer is DataTransfer {
  return transfer?.types.includes('Files') ?? false;
}

/**
 * The files that were dropped, and those of folders, however deep; hidden ones of folders are left out.
 * Must be called while the event is handled: afterwards the browser lets nobody look.
 */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const found = Array.from(transfer.items, (item) => {
    if (item.kind !== 'file') return Promise.resolve([]);
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    if (entry?.isDirectory) return filesBelow(entry as FileSystemDirectoryEntry);
    return Promise.resolve(file ? [file] : []);
  });
  return (await Promise.all(found)).flat();
}

async function filesBelow(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const files: File[] = [];
  // It gives some at a time, and nothing after the last.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    ).catch(() => []);
    if (entries.length === 0) return files;
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory) files.push(...(await filesBelow(entry as FileSystemDirectoryEntry)));
      else files.push(...(await fileOf(entry as FileSystemFileEntry)));
    }
  }
}

async function fileOf(entry: FileSystemFileEntry): Promise<File[]> {
  const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject)).catch(
    () => undefined,
  );
  return file ? [file] : [];
}

/**
 * The files of a clipboard. Browsers call every picture that was copied `image.png`: such are named by when
 * they were pasted.
 * @param isTyping the clipboard's text is wanted, where it has one: what was copied from a document or a table comes as a
 *   picture, too.
 */
export function pastedFiles(transfer: DataTransfer | null, now: Date, isTyping: boolean): File[] {
  if (isTyping && transfer?.types.includes('text/plain')) return [];
  const time = now.toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.');
  return Array.from(transfer?.files ?? [], (file) => {
    if (!/^image\.\w+$/.test(file.name)) return file;
    return new File([file], `Pasted ${time}${file.name.slice('image'.length)}`, { type: file.type });
  });
}
