import { describe, it } from 'vitest';
import { DIVIDED_HOMES, useHome } from '../support/homes.ts';
import { png } from '../support/png.ts';
import { expectRefusal, type Refusal } from '../support/refusals.ts';
import {
  type Fields,
  FORM_NAMES,
  filePart,
  postForm,
  postJson,
  postRaw,
  uploadCall,
} from '../support/uploads.ts';

const image = png();
const image_data = image.toString('base64');
const file = filePart('file', image);
const field = (name: string, value: string) => ({ name, value });
const user = field('user_id', 'alice');
const json = (more: object) => postJson({ user_id: 'alice', image_data, ...more });
const jsonText = (members: string) => postJson(`{"user_id":"alice","image_data":"${image_data}",${members}}`);

const UNKNOWN: readonly Refusal[] = [
  ['an unknown JSON field', json({ colour: 'red' }), 'invalid_request', 'colour'],
  ['a field that only answers have', json({ image_id: 'x' }), 'invalid_request', 'image_id'],
  ['an unknown form field', postForm([user, field('colour', 'red'), file]), 'invalid_request', 'colour'],
  [
    'an unknown field after the file',
    postForm([user, file, field('colour', 'red')]),
    'invalid_request',
    'colour',
  ],
  ['an unknown parameter', postRaw(image, { user_id: 'alice', colour: 'red' }), 'invalid_request', 'colour'],
  [
    'a parameter beside a JSON body',
    postJson({ user_id: 'alice', image_data }, '/images?title=x'),
    'invalid_request',
    'title',
  ],
  ['a parameter beside a form', postForm([user, file], '/images?user_id=bob'), 'invalid_request', 'user_id'],
  ['`__proto__` in JSON', jsonText('"__proto__":{"title":"x"}'), 'invalid_request', '__proto__'],
  ['`__proto__` with an escape', jsonText('"__pro\\u0074o__":{}'), 'invalid_request', '__proto__'],
  ['`constructor` in JSON', json({ constructor: {} }), 'invalid_request', 'constructor'],
  ['`__proto__` in a form', postForm([user, field('__proto__', 'x'), file]), 'invalid_request', '__proto__'],
  [
    '`__proto__` in the query',
    postRaw(image, [
      ['user_id', 'a'],
      ['__proto__', 'x'],
    ]),
    'invalid_request',
    '__proto__',
  ],
  ['a long unknown name', json({ ['x'.repeat(1000)]: 1 }), 'invalid_request', `${'x'.repeat(64)}...`],
];

const MISSING_OR_DOUBLE: readonly Refusal[] = [
  ['JSON without user_id', postJson({ image_data }), 'invalid_request', 'user_id'],
  ['JSON with user_id null', json({ user_id: null }), 'invalid_request', 'user_id'],
  ['JSON with an empty user_id', json({ user_id: '' }), 'invalid_request', 'user_id'],
  ['JSON without image_data', postJson({ user_id: 'alice' }), 'invalid_request', 'image_data'],
  ['a form without user_id', postForm([file]), 'invalid_request', 'user_id'],
  ['a form without a file', postForm([user]), 'invalid_request', 'file'],
  ['a form without parts', postForm([]), 'invalid_request', 'file'],
  ['a form with the file as a field', postForm([user, field('file', 'x')]), 'invalid_request', 'file'],
  ['two files', postForm([user, file, file]), 'invalid_request', 'file'],
  ['a file and an image', postForm([user, file, filePart('image', image)]), 'invalid_request', 'image'],
  ['three files', postForm([user, file, file, file]), 'invalid_request', 'file'],
  ['a file in another field', postForm([user, filePart('picture', image)]), 'invalid_request', 'picture'],
  ['user_id as a file', postForm([filePart('user_id', image), file]), 'invalid_request', 'user_id'],
  ['user_id twice in a form', postForm([user, user, file]), 'invalid_request', 'user_id'],
  [
    'user_id twice in the query',
    postRaw(image, [
      ['user_id', 'a'],
      ['user_id', 'a'],
    ]),
    'invalid_request',
    'user_id',
  ],
  ['raw bytes without user_id', postRaw(image, {}), 'invalid_request', 'user_id'],
];

const WRONG_TYPE: readonly Refusal[] = [
  ['a title that is a number', json({ title: 1 }), 'invalid_request', 'title'],
  ['a title that is a list', json({ title: ['x'] }), 'invalid_request', 'title'],
  ['a user_id that is an object', json({ user_id: { $ne: 1 } }), 'invalid_request', 'user_id'],
  ['tags that are a number', json({ tags: 7 }), 'invalid_request', 'tags'],
  ['tags that are null', json({ tags: null }), 'invalid_request', 'tags'],
  ['a tag that is a number', json({ tags: ['bird', 7] }), 'invalid_request', 'tags.1'],
  ['an empty tag', json({ tags: ['bird', ' '] }), 'invalid_request', 'tags.1'],
  ['an empty tag between commas', json({ tags: 'bird,,dusk' }), 'invalid_request', 'tags.1'],
  [
    'lists in lists',
    jsonText(`"title":${'['.repeat(20_000)}${']'.repeat(20_000)}`),
    'invalid_request',
    'title',
  ],
  [
    'objects in objects',
    jsonText(`"tags":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`),
    'invalid_request',
    'tags',
  ],
];

describe.each(DIVIDED_HOMES)(
  'an upload that says what is not known is refused and leaves nothing (%s)',
  (kind) => {
    const home = useHome(kind);
    it.each(UNKNOWN)('%s', (...refusal) => expectRefusal(home, refusal));
  },
);

describe.each(DIVIDED_HOMES)(
  'an upload that misses or doubles a field is refused and leaves nothing (%s)',
  (kind) => {
    const home = useHome(kind);
    it.each(MISSING_OR_DOUBLE)('%s', (...refusal) => expectRefusal(home, refusal));
  },
);

describe.each(DIVIDED_HOMES)(
  'an upload with a field of the wrong type is refused and leaves nothing (%s)',
  (kind) => {
    const home = useHome(kind);
    it.each(WRONG_TYPE)('%s', (...refusal) => expectRefusal(home, refusal));
  },
);

/** Refused in every form alike. */
const TEXTS: readonly (readonly [what: string, fields: Fields, field: string])[] = [
  ['a title of 201 characters', { title: 'x'.repeat(201) }, 'title'],
  ['a title of 201 emoji', { title: '😀'.repeat(201) }, 'title'],
  ['a description of 2,001 characters', { description: 'x'.repeat(2001) }, 'description'],
  ['a filename of 256 characters', { filename: 'x'.repeat(256) }, 'filename'],
  ['a user_id of 129 bytes', { user_id: 'x'.repeat(129) }, 'user_id'],
  ['a user_id of 33 emoji', { user_id: '😀'.repeat(33) }, 'user_id'],
  ['a tag of 65 characters', { tags: ['bird', 'x'.repeat(65)] }, 'tags.1'],
  ['21 tags', { tags: Array.from({ length: 21 }, (_, n) => `t${n}`) }, 'tags'],
  ['NUL in a title', { title: 'a\0b' }, 'title'],
  ['CR LF in a title', { title: 'a\r\nset-cookie: b' }, 'title'],
  ['a tab in a title', { title: 'a\tb' }, 'title'],
  ['DEL in a title', { title: 'a\x7fb' }, 'title'],
  ['a C1 control in a title', { title: 'a\x85b' }, 'title'],
  ['NUL in a description', { description: 'a\0b' }, 'description'],
  ['escape in a description', { description: 'a\x1b[31mb' }, 'description'],
  ['CR LF in a filename', { filename: 'a\r\nb.png' }, 'filename'],
  ['NUL in a filename', { filename: 'a.png\0.exe' }, 'filename'],
  ['LF in a user_id', { user_id: 'alice\n' }, 'user_id'],
  ['NUL in a user_id', { user_id: 'alice\0bob' }, 'user_id'],
  ['NUL in a tag', { tags: ['bird', 'a\0b'] }, 'tags.1'],
  ['LF within a tag', { tags: ['bird', 'a\nb'] }, 'tags.1'],
];

describe.each(DIVIDED_HOMES)('a text that breaks its rules is refused in every form (%s)', (kind) => {
  const home = useHome(kind);
  it.each(TEXTS)('%s', async (what, fields, name) => {
    for (const form of FORM_NAMES) {
      const call = uploadCall(form, image, { user_id: 'alice', ...fields });
      await expectRefusal(home, [what, call, 'invalid_request', name]);
    }
  });
});

const bytes = (...values: number[]) => Buffer.from(values);
const formWith = (name: string, value: Buffer) => postForm([user, { name, value }, file]);
const queryWith = (query: string) => ({ ...postRaw(image, {}), path: `/images?user_id=alice&${query}` });

const NOT_UNICODE: readonly Refusal[] = [
  ['a lone high surrogate in a title', jsonText('"title":"a\\ud800b"'), 'invalid_request', 'title'],
  ['a lone low surrogate in a filename', jsonText('"filename":"\\udc00"'), 'invalid_request', 'filename'],
  [
    'a lone surrogate in a description',
    jsonText('"description":"\\udbff"'),
    'invalid_request',
    'description',
  ],
  ['a lone surrogate in a tag', jsonText('"tags":["\\ud800"]'), 'invalid_request', 'tags.0'],
  [
    'a lone surrogate in a user_id',
    postJson(`{"user_id":"\\ud800","image_data":"${image_data}"}`),
    'invalid_request',
    'user_id',
  ],
  [
    'a byte that is not UTF-8 in a form field',
    formWith('title', bytes(0x61, 0xff)),
    'invalid_request',
    'title',
  ],
  ['a cut-off character in a form field', formWith('tags', bytes(0xf0, 0x9f)), 'invalid_request', 'tags'],
  ['Latin-1 in a form field', formWith('description', bytes(0xe9)), 'invalid_request', 'description'],
  ['a surrogate in UTF-8 in a form', formWith('title', bytes(0xed, 0xa0, 0x80)), 'invalid_request', 'title'],
  ['a byte that is not UTF-8 in the query', queryWith('title=%FF'), 'invalid_request', 'title'],
  ['a percent sign alone in the query', queryWith('title=100%'), 'invalid_request', 'title'],
];

describe.each(DIVIDED_HOMES)('a text that is not Unicode is refused, never replaced (%s)', (kind) => {
  const home = useHome(kind);
  it.each(NOT_UNICODE)('%s', (...refusal) => expectRefusal(home, refusal));
});
