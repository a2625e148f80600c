import { createHash } from 'node:crypto';
import { SMALL_IMAGES } from '../../support/small-images.ts';
import { newPng } from '../../support/uploads.ts';

const IMAGES = [
  ...Object.values(SMALL_IMAGES).map(({ bytes }) => bytes),
  newPng(),
  newPng(3000),
  newPng(60_000),
];

/** What stands for things that are not there yet. */
const NOBODY = '019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11';

/** So many of a kind are kept: those before are mostly gone from the home as well. */
const KEPT = 15;

/** Members of answers by which things are named later. */
const MEMBERS: Readonly<Record<string, string>> = {
  image_id: 'image',
  link_id: 'link',
  webhook_id: 'webhook',
  delivery_id: 'delivery',
  last_evaluated_key: 'page',
};

/** What answers have named, so that later requests may name it: images, links, pages, entity tags. */
export class KnownThings {
  readonly #things = new Map<string, string[]>([
    ['user', ['alice', 'bob', 'Zoë', 'a/b', '..', '.uploads', '100%', 'x'.repeat(128)]],
    ['key', ['one', '"two"', 'three', '4', ' five']],
    ['version', ['1', '2', '3', '0', '-1', '99999999999']],
    ['date_range', ['../..', '2026-01-01/..', '../2026-12-31', '2020-01-01,2030-01-01']],
    ['hook', ['https://hooks.invalid/x', 'https://hooks.invalid:8443/']],
    ['base64', IMAGES.map((bytes) => bytes.toString('base64'))],
    ['digest', IMAGES.map((bytes) => createHash('sha256').update(bytes).digest('hex'))],
    ['etag', ['"1.1"', '*', '"1.2"']],
  ]);

  readonly #owners = new Map<string, Readonly<Record<string, string>>>();

  /** The nth thing of a kind, counted round and round; somebody unknown where there is none. */
  thing(kind: string, nth: number): string | Buffer {
    if (kind === 'bytes') return IMAGES[nth % IMAGES.length] ?? Buffer.alloc(0);
    const all = this.#things.get(kind) ?? [];
    return all[nth % Math.max(1, all.length)] ?? NOBODY;
  }

  /** A value with things in the places of their placeholders, however deep they lie. */
  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.resolve(each));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.resolve(each)]));
    }
    const [, kind, nth] = /^@(\w+):(\d+)$/.exec(typeof value === 'string' ? value : '') ?? [];
    return kind === undefined ? value : this.thing(kind, Number(nth));
  }

  text(value: string): string {
    return String(this.resolve(value));
  }

  /** What a link or a delivery belongs to, by the name of its kind. */
  ownerOf(id: string): Readonly<Record<string, string>> {
    return this.#owners.get(id) ?? {};
  }

  /** Takes notice of what an answer names. */
  learn(response: Response, text: string): void {
    const etag = response.headers.get('etag');
    if (etag !== null) this.#keep('etag', etag);
    // HEAD has a type and no body.
    if (text === '' || response.headers.get('content-type') !== 'application/json') return;
    for (const { owner, name, value } of membersOf(JSON.parse(text))) {
      const kind = MEMBERS[name];
      if (kind === undefined || typeof value !== 'string') continue;
      this.#keep(kind, value);
      const { image_id, webhook_id } = owner;
      if (kind === 'link') this.#owners.set(value, { image_id: String(image_id) });
      if (kind === 'delivery') this.#owners.set(value, { webhook_id: String(webhook_id) });
    }
  }

  #keep(kind: string, value: string): void {
    const all = this.#things.get(kind) ?? [];
    if (all.includes(value)) return;
    this.#things.set(kind, [...all, value].slice(-KEPT));
  }
}

interface Member {
  readonly owner: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly value: unknown;
}

function* membersOf(node: unknown): Generator<Member> {
  if (typeof node !== 'object' || node === null) return;
  const owner = node as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(owner)) {
    yield { owner, name, value };
    yield* membersOf(value);
  }
}
