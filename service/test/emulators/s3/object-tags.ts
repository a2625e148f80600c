import { header, type Incoming } from './incoming.ts';
import { escapeXml, Refusal } from './refusal.ts';
import type { S3Store } from './strict-store.ts';

type StoredObject = ReturnType<S3Store['headObject']>;

interface Place {
  readonly bucket: string;
  readonly key: string;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

const MOST_TAGS = 10;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;
/** Letters, digits and spaces of all writing, and these: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

const TAG = /^\s*<Tag>\s*<Key>([^<]*)<\/Key>\s*<Value>([^<]*)<\/Value>\s*<\/Tag>\s*/;
const TAGGING =
  /^(?:<\?xml[^>]*\?>)?\s*<Tagging(?: xmlns="[^"]*")?>\s*<TagSet(?:\/>|>(.*)<\/TagSet>)\s*<\/Tagging>\s*$/s;

/** The tags of objects, which fauxqs does not know. They go with the object that they were put on. */
export class ObjectTags {
  readonly #store: S3Store;
  readonly #tags = new WeakMap<StoredObject, readonly Tag[]>();

  constructor(store: S3Store) {
    this.#store = store;
  }

  /** Puts all tags of an object in the place of those it had, as the XML of PutObjectTagging says. */
  put(request: Incoming, place: Place, xml: string): void {
    const names = Object.keys(request.headers);
    if (
      header(request, 'content-md5') === undefined &&
      !names.some((name) => /^x-amz-checksum-/.test(name))
    ) {
      throw new Refusal(
        400,
        'InvalidRequest',
        'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
      );
    }
    this.#tags.set(this.#objectAt(place), checked(parse(xml)));
  }

  /** The answer to GetObjectTagging. */
  listing(place: Place): string {
    this.#objectAt(place);
    const tags = this.of(place).map(
      ({ key, value }) => `<Tag><Key>${escapeXml(key)}</Key><Value>${escapeXml(value)}</Value></Tag>`,
    );
    return `<?xml version="1.0" encoding="UTF-8"?>\n<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>${tags.join('')}</TagSet></Tagging>`;
  }

  /** The tags of an object; none where there is no object. */
  of(place: Place): readonly Tag[] {
    return (this.#has(place) && this.#tags.get(this.#objectAt(place))) || [];
  }

  /** Gives a copy the tags that its source had. */
  give(place: Place, tags: readonly Tag[]): void {
    this.#tags.set(this.#objectAt(place), tags);
  }

  #has({ bucket, key }: Place): boolean {
    try {
      this.#store.headObject(bucket, key);
      return true;
    } catch {
      return false; // There is no such object, or no such bucket.
    }
  }

  #objectAt({ bucket, key }: Place): StoredObject {
    if (!this.#store.hasBucket(bucket)) {
      throw new Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist');
    }
    if (!this.#has({ bucket, key })) {
      throw new Refusal(404, 'NoSuchKey', 'The specified key does not exist.');
    }
    return this.#store.headObject(bucket, key);
  }
}

function parse(xml: string): Tag[] {
  const whole = TAGGING.exec(xml);
  const tags: Tag[] = [];
  let rest = whole?.[1] ?? '';
  for (let found = TAG.exec(rest); found; found = TAG.exec(rest)) {
    tags.push({ key: unescapeXml(found[1] ?? ''), value: unescapeXml(found[2] ?? '') });
    rest = rest.slice(found[0].length);
  }
  if (whole === null || rest !== '') {
    throw new Refusal(
      400,
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  }
  return tags;
}

function checked(tags: readonly Tag[]): readonly Tag[] {
  if (tags.length > MOST_TAGS) {
    throw new Refusal(400, 'BadRequest', 'Object tags cannot be greater than 10');
  }
  for (const { key, value } of tags) {
    if (key === '' || key.length > LONGEST_KEY || !ALLOWED.test(key)) {
      throw new Refusal(400, 'InvalidTag', 'The TagKey you have provided is invalid');
    }
    if (value.length > LONGEST_VALUE || !ALLOWED.test(value)) {
      throw new Refusal(400, 'InvalidTag', 'The TagValue you have provided is invalid');
    }
  }
  if (new Set(tags.map(({ key }) => key)).size < tags.length) {
    throw new Refusal(400, 'InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  return tags;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? entity;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}
