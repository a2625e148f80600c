import { describe, expect, it } from 'vitest';
import { bringsFiles, droppedFiles, pastedFiles } from './sources.ts';

/** As a browser gives a file or a folder that is dropped: folders by two entries at a time. */
function entryOf(name: string, below?: readonly object[]) {
  if (!below) {
    return {
      name,
      isDirectory: false,
      file: (resolve: (file: File) => void) => resolve(new File(['x'], name)),
    };
  }
  const createReader = () => {
    const left = [...below];
    return { readEntries: (resolve: (entries: object[]) => void) => resolve(left.splice(0, 2)) };
  };
  return { name, isDirectory: true, createReader };
}

function transferOf(items: readonly object[], types = ['Files']): DataTransfer {
  return { items, types } as unknown as DataTransfer;
}

describe('what is dropped', () => {
  it('is the files, and those of folders however deep, without hidden ones', async () => {
    const folder = entryOf('birds', [
      entryOf('.DS_Store'),
      entryOf('owl.jpg'),
      entryOf('sea', [entryOf('tern.jpg'), entryOf('gull.jpg'), entryOf('auk.jpg')]),
    ]);
    const transfer = transferOf([
      { kind: 'file', webkitGetAsEntry: () => folder, getAsFile: () => null },
      { kind: 'file', webkitGetAsEntry: () => null, getAsFile: () => new File(['x'], 'wren.jpg') },
      { kind: 'string' },
    ]);
    const names = (await droppedFiles(transfer)).map(({ name }) => name);
    expect(names).toEqual(['owl.jpg', 'tern.jpg', 'gull.jpg', 'auk.jpg', 'wren.jpg']);
  });

  it('may be nothing of ours', () => {
    expect(bringsFiles(transferOf([], ['text/plain']))).toBe(false);
    expect(bringsFiles(null)).toBe(false);
    expect(bringsFiles(transferOf([]))).toBe(true);
  });
});

describe('what is pasted', () => {
  it('is named by when, where the browser has no name for it', () => {
    const files = [new File(['x'], 'image.png', { type: 'image/png' }), new File(['x'], 'owl.jpg')];
    const clipboard = { files } as unknown as DataTransfer;
    const pasted = pastedFiles(clipboard, new Date('2026-11-29T19:50:01Z'), false);
    expect(pasted.map(({ name }) => name)).toEqual(['Pasted 2026-11-29 19.50.01.png', 'owl.jpg']);
    expect(pasted[0]?.type).toBe('image/png');
  });

  it('is no file where it is a text', () => {
    expect(pastedFiles({ files: [] } as unknown as DataTransfer, new Date(), false)).toEqual([]);
  });

  it('is a text to who types, and a picture where there is no text', () => {
    const files = [new File(['x'], 'cells.png')];
    const having = (types: string[]) => ({ files, types }) as unknown as DataTransfer;
    expect(pastedFiles(having(['text/plain', 'Files']), new Date(), true)).toEqual([]);
    expect(pastedFiles(having(['text/plain', 'Files']), new Date(), false)).toEqual(files);
    expect(pastedFiles(having(['Files']), new Date(), true)).toEqual(files);
  });
});
