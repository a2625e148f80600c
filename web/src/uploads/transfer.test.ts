import { type Image, TintypeError } from '@tintype/client';
import { describe, expect, it } from 'vitest';
import { UNREADABLE } from './problems.ts';
import type { OutgoingPart } from './send-part.ts';
import { createTransfer, MOST_IN_ONE_REQUEST, type TransferOptions } from './transfer.ts';

const PART_BYTES = 2 * 1024 * 1024;

const ACCEPTED = { max_image_bytes: 50 * 1024 ** 2, accepted_types: ['image/png', 'image/jpeg'] };

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** A file that begins as a PNG does, whatever it is called. */
function fileOf(bytes: number, name = 'owl.png'): File {
  return new File([SIGNATURE, new Uint8Array(bytes - SIGNATURE.length)], name, { type: 'image/png' });
}

/** Of some parts; the last is shorter. */
const BIG = MOST_IN_ONE_REQUEST + PART_BYTES + 100;

const conflict = () => new TintypeError('conflict', 409, 'The upload has ended.');
const notFound = () => new TintypeError('not_found', 404, 'There is no such image.');

interface Announced {
  readonly image_id: string;
  readonly size: number;
  readonly content_type: string;
  readonly arrived: Set<number>;
  status: 'pending' | 'ready';
  hasEnded: boolean;
}

/** A service as far as uploads need one: what it was asked is in `calls`. */
class Service {
  readonly calls: string[] = [];
  readonly uploads = new Map<string, Announced>();
  readonly #byKey = new Map<string, Announced>();
  /** Called before a part arrives: may throw. */
  onPart: (number: number) => void | Promise<void> = () => {};
  /** Called after an image is completed, before the answer: may throw. */
  onCompleted: () => void = () => {};

  readonly client = {
    upload: async (_source: Blob, { content_type, onProgress, idempotencyKey }: Record<string, unknown>) => {
      this.calls.push('upload');
      const tell = onProgress as (progress: { sent: number; total: number }) => void;
      tell({ sent: 5, total: 10 });
      tell({ sent: 10, total: 10 });
      const upload = this.#announce(String(idempotencyKey), 10, String(content_type));
      const image = this.#complete(upload.image_id);
      this.onCompleted();
      return image;
    },
    startUpload: async (body: Record<string, unknown>, { idempotencyKey }: Record<string, unknown>) => {
      this.calls.push('start');
      const upload = this.#announce(
        String(idempotencyKey),
        Number(body['size_bytes']),
        String(body['content_type']),
      );
      const plan = { method: 'parts', part_size_bytes: PART_BYTES, parts: this.#missing(upload, new Set()) };
      return { image: imageOf(upload), upload: plan };
    },
    listParts: async (image_id: string) => {
      this.calls.push('list');
      const upload = this.#find(image_id);
      if (upload.status === 'ready' || upload.hasEnded) throw conflict();
      return { part_size_bytes: PART_BYTES, parts: this.#missing(upload, upload.arrived) };
    },
    completeUpload: async (image_id: string) => {
      this.calls.push('complete');
      if (this.#find(image_id).hasEnded) throw conflict();
      const image = this.#complete(image_id);
      this.onCompleted();
      return image;
    },
    view: async (image_id: string) => imageOf(this.#find(image_id)),
    delete: async (image_id: string) => {
      this.calls.push('delete');
      this.uploads.delete(image_id);
    },
  } as unknown as TransferOptions['client'];

  readonly send = async ({ url, bytes, signal, onSent }: OutgoingPart) => {
    const [image_id = '', number] = url.split('/');
    signal.throwIfAborted();
    await this.onPart(Number(number));
    signal.throwIfAborted();
    this.calls.push(`part ${number}`);
    this.#find(image_id).arrived.add(Number(number));
    onSent(bytes.size);
  };

  #announce(key: string, size: number, content_type: string): Announced {
    const known = this.#byKey.get(key);
    if (known) return known;
    const image_id = `image-${this.#byKey.size + 1}`;
    const made: Announced = {
      image_id,
      size,
      content_type,
      arrived: new Set(),
      status: 'pending',
      hasEnded: false,
    };
    this.#byKey.set(key, made);
    this.uploads.set(image_id, made);
    return made;
  }

  #missing({ image_id, size }: Announced, arrived: ReadonlySet<number>) {
    return Array.from({ length: Math.ceil(size / PART_BYTES) }, (_unused, at) => ({
      number: at + 1,
      size_bytes: Math.min(PART_BYTES, size - at * PART_BYTES),
      url: `${image_id}/${at + 1}`,
    })).filter(({ number }) => !arrived.has(number));
  }

  #find(image_id: string): Announced {
    const upload = this.uploads.get(image_id);
    if (!upload) throw notFound();
    return upload;
  }

  #complete(image_id: string): Image {
    const upload = this.#find(image_id);
    upload.status = 'ready';
    return imageOf(upload);
  }
}

function imageOf({ image_id, status, content_type }: Announced): Image {
  return { image_id, status, content_type } as Image;
}

/** A file on its way to a service, and what was told of it. */
function transferOf(file: File, service = new Service()) {
  const { client, send } = service;
  const transfer = createTransfer(file, { client, send, user_id: 'alice', accepted: ACCEPTED });
  const sent: number[] = [];
  const run = (signal = new AbortController().signal) =>
    transfer.run({ signal, onSent: (bytes) => sent.push(bytes), onAllSent: () => sent.push(-1) });
  return { service, transfer, run, sent };
}

describe('a small file', () => {
  it('goes with one request, and tells when all is sent', async () => {
    const { service, run, sent } = transferOf(fileOf(MOST_IN_ONE_REQUEST));
    expect(await run()).toMatchObject({ status: 'ready' });
    expect([service.calls, sent]).toEqual([['upload'], [5, 10, -1]]);
  });

  it('is one image however often it is sent', async () => {
    const { service, run } = transferOf(fileOf(100));
    await run();
    await run();
    expect(service.uploads.size).toBe(1);
  });

  it('is removed where it is not wanted after all', async () => {
    const { service, transfer, run } = transferOf(fileOf(100));
    await transfer.discard();
    await run();
    await transfer.discard();
    expect([service.calls, service.uploads.size]).toEqual([['upload', 'delete'], 0]);
  });

  it('is removed, too, where the answer that told of it got lost', async () => {
    const { service, transfer, run } = transferOf(fileOf(100));
    service.onCompleted = () => {
      service.onCompleted = () => {};
      throw new TintypeError('network', 0, 'No answer came back.');
    };
    await expect(run()).rejects.toMatchObject({ code: 'network' });
    expect(service.uploads.size).toBe(1);
    await transfer.discard();
    expect([service.calls, service.uploads.size]).toEqual([['upload', 'upload', 'delete'], 0]);
  });

  it('leaves nothing to remove where it was refused', async () => {
    const { service, transfer, run } = transferOf(fileOf(100));
    service.onCompleted = () => {
      service.uploads.clear();
      throw new TintypeError('unprocessable_image', 422, 'The header cannot be read.');
    };
    await expect(run()).rejects.toMatchObject({ code: 'unprocessable_image' });
    await transfer.discard();
    expect(service.calls).not.toContain('delete');
  });
});

describe('a large file', () => {
  it('goes in parts', async () => {
    const { service, run, sent } = transferOf(fileOf(BIG));
    expect(await run()).toMatchObject({ status: 'ready' });
    expect(service.calls.toSorted()).toEqual(['complete', 'part 1', 'part 2', 'part 3', 'part 4', 'start']);
    expect([sent.at(-2), sent.at(-1)]).toEqual([BIG, -1]);
  });

  it('that is broken off is taken up where it was', async () => {
    const { service, run, sent } = transferOf(fileOf(BIG));
    const broken = new AbortController();
    service.onPart = (number) => {
      if (number === 3) broken.abort();
    };
    await expect(run(broken.signal)).rejects.toThrow('aborted');
    const arrived = [...(service.uploads.get('image-1')?.arrived ?? [])];
    service.onPart = () => {};
    service.calls.length = 0;
    sent.length = 0;
    await run();
    expect(service.calls[0]).toBe('list');
    const again = service.calls
      .filter((call) => call.startsWith('part'))
      .map((call) => Number(call.slice(5)));
    expect([...arrived, ...again].toSorted()).toEqual([1, 2, 3, 4]);
    expect(sent[0]).toBe(arrived.length * PART_BYTES);
    expect(service.uploads.size).toBe(1);
  });

  it('of which a part fails begins no further one, and fails with it', async () => {
    const { service, run } = transferOf(fileOf(BIG));
    const failure = new TintypeError('unavailable', 503, 'The store answered 503.');
    service.onPart = () => Promise.reject(failure);
    await expect(run()).rejects.toBe(failure);
    service.onPart = () => {};
    expect(await run()).toMatchObject({ image_id: 'image-1', status: 'ready' });
  });

  it('whose announcement was not answered is announced under the same key, and what arrived is asked for', async () => {
    const { service, run } = transferOf(fileOf(BIG));
    const { client } = service;
    const start = client.startUpload;
    let answers = 0;
    Object.assign(client, {
      async startUpload(...call: Parameters<typeof start>) {
        const answer = await start(...call);
        if (answers++ === 0) throw new TintypeError('network', 0, 'No answer came back.');
        return answer;
      },
    });
    await expect(run()).rejects.toThrow('No answer');
    await run();
    expect(service.calls.slice(0, 3)).toEqual(['start', 'start', 'list']);
    expect(service.uploads.size).toBe(1);
  });

  it('whose completion was not answered is found complete', async () => {
    const { service, run } = transferOf(fileOf(BIG));
    service.onCompleted = () => {
      throw new TintypeError('network', 0, 'No answer came back.');
    };
    await expect(run()).rejects.toThrow('No answer');
    service.calls.length = 0;
    expect(await run()).toMatchObject({ image_id: 'image-1', status: 'ready' });
    expect(service.calls).toEqual(['list']);
  });

  it.each([
    [
      'has ended',
      (service: Service) => Object.assign(service.uploads.get('image-1') ?? {}, { hasEnded: true }),
    ],
    ['is gone', (service: Service) => service.uploads.delete('image-1')],
  ])('whose upload %s meanwhile is another one, and only that', async (_what, end) => {
    const { service, run } = transferOf(fileOf(BIG));
    service.onPart = () => Promise.reject(new TintypeError('network', 0, 'No answer came back.'));
    await expect(run()).rejects.toThrow('No answer');
    end(service);
    service.onPart = () => {};
    expect(await run()).toMatchObject({ image_id: 'image-2', status: 'ready' });
    expect([...service.uploads.keys()]).toEqual(['image-2']);
  });

  it('whose bytes are refused is another upload when it is tried again', async () => {
    const { service, run } = transferOf(fileOf(BIG));
    service.onCompleted = () => {
      service.uploads.delete('image-1');
      throw new TintypeError('quota_exceeded', 429, 'There is no room.');
    };
    await expect(run()).rejects.toThrow('no room');
    service.onCompleted = () => {};
    expect(await run()).toMatchObject({ image_id: 'image-2' });
  });

  it('that is not wanted after all is given up, also where its announcement was not answered', async () => {
    const { service, transfer, run } = transferOf(fileOf(BIG));
    await transfer.discard();
    expect(service.calls).toEqual([]);
    const { client } = service;
    const start = client.startUpload;
    Object.assign(client, {
      async startUpload(...call: Parameters<typeof start>) {
        await start(...call);
        throw new TintypeError('network', 0, 'No answer came back.');
      },
    });
    await expect(run()).rejects.toThrow('No answer');
    Object.assign(client, { startUpload: start });
    await transfer.discard();
    expect([service.calls, service.uploads.size]).toEqual([['start', 'start', 'delete'], 0]);
  });

  it('is announced as what its bytes are', async () => {
    const { run } = transferOf(fileOf(BIG, 'owl.jpg'));
    expect(await run()).toMatchObject({ content_type: 'image/png' });
  });
});

describe.each([100, BIG])('a file of %d bytes', (size) => {
  it('is not sent where its bytes are no image', async () => {
    const text = new File(['x'.repeat(size)], 'owl.png', { type: 'image/png' });
    const { service, run } = transferOf(text);
    await expect(run()).rejects.toThrow('Only PNG and JPEG images are accepted.');
    expect(service.calls).toEqual([]);
  });

  it('is not sent where it cannot be read', async () => {
    const file = fileOf(size);
    Object.assign(file, {
      slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotFoundError')) }),
    });
    const { service, run } = transferOf(file);
    await expect(run()).rejects.toMatchObject({ code: UNREADABLE });
    expect(service.calls).toEqual([]);
  });
});
