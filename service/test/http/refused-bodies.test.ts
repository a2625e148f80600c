import { describe, it } from 'vitest';
import { DIVIDED_HOMES, useHome } from '../support/homes.ts';
import { png } from '../support/png.ts';
import { expectRefusal, type Refusal } from '../support/refusals.ts';
import {
  type Call,
  FORM_NAMES,
  fieldParts,
  filePart,
  MULTIPART,
  multipartBytes,
  newPng,
  postForm,
  postJson,
  uploadCall,
} from '../support/uploads.ts';

const image = png();
const image_data = image.toString('base64');
const user = { user_id: 'alice' };

/** As JSON, with this in place of the right base64. */
const encoded = (value: unknown) => postJson({ ...user, image_data: value });
const NOT_BASE64: readonly Refusal[] = [
  ['a character that is not of the alphabet', encoded(`${image_data.slice(0, -4)}AA*A`)],
  ['a character that is not ASCII', encoded(`${image_data.slice(0, -4)}AAé`)],
  ['NUL', encoded(`${image_data.slice(0, -4)}AA\0A`)],
  ['no padding', encoded(`${image_data}QQ`)],
  ['too much padding', encoded(`${image_data}Q===`)],
  ['padding in the middle', encoded(`QQ==${image_data}`)],
  ['one character too many', encoded(`${image_data}A`)],
  ['bits after the last byte', encoded(`${image_data}QR==`)],
  ['other bits after the last byte', encoded(`${image_data}QQF=`)],
  ['the alphabet for URLs', encoded(Buffer.from([...image, 0xfb, 0xff, 0xfe]).toString('base64url'))],
  ['line ends', encoded(image_data.replaceAll(/.{76}/g, '$&\r\n'))],
  ['a line end at the end', encoded(`${image_data}\n`)],
  ['spaces', encoded(`    ${image_data}`)],
  ['hex', encoded(`${image.toString('hex')}z`)],
  ['a data: URL that is not base64', encoded(`data:image/png,${encodeURIComponent(image_data)}`)],
  ['a data: URL in another', encoded(`data:image/png;base64,data:image/png;base64,${image_data}`)],
  ['a data: URL without data', encoded('data:image/png;base64')],
  ['a data: URL with bad base64', encoded(`data:image/png;base64,${image_data}A`)],
  ['bad base64 after megabytes', encoded(`${newPng(3_000_000).toString('base64')}*AAA`)],
].map(([what, call]) => [String(what), call as Call, 'invalid_request', 'image_data']);

const given = (members: string) => postJson(`{"user_id":"alice",${members}}`);
const data = `"image_data":"${image_data}"`;
const NOT_ONE_TEXT: readonly Refusal[] = [
  ['null', encoded(null)],
  ['a number', encoded(7)],
  ['a list of it', encoded([image_data])],
  ['an object', encoded({ data: image_data })],
  ['given twice', given(`${data},${data}`)],
  ['given twice, the second empty', given(`${data},"image_data":""`)],
  ['given twice, the first empty', given(`"image_data":"",${data}`)],
  ['given twice, the second as null', given(`${data},"image_data":null`)],
  ['given twice, the second spelled otherwise', given(`${data},"image\\u005fdata":""`)],
  ['only within another member', given(`"title":{${data}}`)],
].map(([what, call]) => [String(what), call as Call, 'invalid_request', 'image_data']);

describe.each(DIVIDED_HOMES)('image_data that is not strict base64 is refused (%s)', (kind) => {
  const home = useHome(kind);
  it.each(NOT_BASE64)('%s', (...refusal) => expectRefusal(home, refusal));
});

describe.each(DIVIDED_HOMES)('image_data that is not one text is refused (%s)', (kind) => {
  const home = useHome(kind);
  it.each(NOT_ONE_TEXT)('%s', (...refusal) => expectRefusal(home, refusal));
});

const latin1 = (text: string): Call => {
  const { path, init } = postJson('');
  return { path, init: { ...init, body: Buffer.from(text, 'latin1') } };
};
const BROKEN_JSON: readonly Refusal[] = [
  ['nothing', postJson('')],
  ['null', postJson('null')],
  ['a list', postJson(`[{"user_id":"alice",${data}}]`)],
  ['a text', postJson('"alice"')],
  ['cut off in the image', postJson(`{"user_id":"alice","image_data":"${image_data}`)],
  ['cut off before the end', postJson(`{"user_id":"alice",${data}`)],
  ['a comma too many', given(`${data},`)],
  ['a comma missing', given(`"title":"x"${data}`)],
  ['a comment', given(`/* the image */${data}`)],
  ['single quotes', postJson(`{'user_id':'alice',${data}}`)],
  ['two documents', postJson(`{"user_id":"alice",${data}}{}`)],
  ['a raw line end in a text', given(`"title":"a\nb",${data}`)],
  ['a wrong escape', given(`"title":"\\x41",${data}`)],
  ['a wrong escape in the image', given(`"image_data":"\\x41${image_data}"`)],
  ['NaN', given(`"title":NaN,${data}`)],
  ['bytes that are not UTF-8', latin1(`{"user_id":"alice","title":"\xff",${data}}`)],
  ['an overlong encoding', latin1(`{"user_id":"alice","title":"\xc0\x80",${data}}`)],
  ['a surrogate in UTF-8', latin1(`{"user_id":"alice","title":"\xed\xa0\x80",${data}}`)],
  ['UTF-16', { ...postJson(''), ...latin1(Buffer.from(`{${data}}`, 'utf16le').toString('latin1')) }],
].map(([what, call]) => [String(what), call as Call, 'invalid_request', 'body']);

describe.each(DIVIDED_HOMES)('a JSON body that is broken is refused (%s)', (kind) => {
  const home = useHome(kind);
  it.each(BROKEN_JSON)('%s', (...refusal) => expectRefusal(home, refusal));
});

const whole = multipartBytes([filePart('file', newPng(3_000_000)), ...fieldParts(user)]);
const small = multipartBytes([...fieldParts(user), filePart('file', image)]);
const form = (body: Uint8Array, type = MULTIPART): Call => ({
  path: '/images',
  init: { method: 'POST', headers: { 'content-type': type }, body: new Uint8Array(body) },
});
const nameless = (value: string, after = '') =>
  form(
    Buffer.from(
      `${small.toString('latin1').replace('name="user_id"', after)}`.replace('alice', value),
      'latin1',
    ),
  );
const many = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `t${n}`, value: 'x' }));
const parts = fieldParts(user);
const file = filePart('file', image);

const BROKEN_FORMS: readonly Refusal[] = [
  ['no boundary in the content type', form(small, 'multipart/form-data'), undefined],
  ['an empty boundary', form(small, 'multipart/form-data; boundary='), undefined],
  ['another boundary than that of the body', form(small, 'multipart/form-data; boundary=other'), undefined],
  ['an endless boundary', form(small, `multipart/form-data; boundary=${'x'.repeat(9000)}`), undefined],
  ['nothing', form(Buffer.alloc(0)), undefined],
  ['no form at all', form(Buffer.alloc(2_000_000, 'x')), undefined],
  ['cut off in the image', form(whole.subarray(0, 2_000_000)), undefined],
  ['cut off in a small image', form(small.subarray(0, small.length - 60)), undefined],
  ['cut off in a field', form(whole.subarray(0, whole.length - 32)), undefined],
  ['cut off before the last boundary', form(small.subarray(0, small.length - 30)), undefined],
  ['cut off in the last boundary', form(small.subarray(0, small.length - 4)), undefined],
  ['cut off in the headers of a part', form(small.subarray(0, 60)), undefined],
  ['100 fields before the file', postForm([...parts, ...many(100), file]), 'body'],
  ['100 fields after the file', postForm([...parts, file, ...many(100)]), 'body'],
  ['100 files', postForm([...parts, ...Array.from({ length: 100 }, () => file)]), 'file'],
  ['a field without a name', nameless('alice'), 'body'],
  ['a long field without a name', nameless('x'.repeat(100_000)), 'body'],
  ['a file without a name', nameless('alice', 'filename="x"'), 'body'],
  [
    'a field beyond its limit',
    postForm([...parts, file, { name: 'title', value: 'x'.repeat(20_000) }]),
    'title',
  ],
  [
    'a megabyte of a field',
    postForm([...parts, { name: 'title', value: 'x'.repeat(1_000_000) }, file]),
    'title',
  ],
  [
    'a name beyond its limit',
    postForm([...parts, file, { name: 'x'.repeat(500), value: 'x' }]),
    `${'x'.repeat(64)}...`,
  ],
].map(([what, call, field]) => [String(what), call as Call, 'invalid_request', field as string | undefined]);

describe.each(DIVIDED_HOMES)('a form that is broken is refused (%s)', (kind) => {
  const home = useHome(kind);
  it.each(BROKEN_FORMS)('%s', (...refusal) => expectRefusal(home, refusal));
});

const typed = (type: string | undefined): Call => ({
  path: '/images?user_id=alice',
  init: {
    method: 'POST',
    body: new Uint8Array(image),
    ...(type === undefined ? {} : { headers: { 'content-type': type } }),
  },
});
const WRONG_TYPES: readonly Refusal[] = [
  undefined,
  'text/plain',
  'application/octet-stream',
  'application/x-www-form-urlencoded',
  'application/jsonp',
  'multipart/mixed; boundary=x',
  'video/mp4',
  'image',
].map((type) => [type ?? 'none', typed(type), 'unsupported_media_type', undefined]);

describe.each(DIVIDED_HOMES)('a body of a type that is not known is refused (%s)', (kind) => {
  const home = useHome(kind);
  it.each(WRONG_TYPES)('%s', (...refusal) => expectRefusal(home, refusal));
});

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>';
const CONTENTS = [
  ['nothing', Buffer.alloc(0), 'unsupported_media_type'],
  ['a text', Buffer.from('This is a text, which is longer than any signature.'), 'unsupported_media_type'],
  ['an SVG', Buffer.from(SVG), 'unsupported_media_type'],
  ['a PDF', Buffer.from(`%PDF-1.7\n${'x'.repeat(100)}`), 'unsupported_media_type'],
  ['a TIFF', Buffer.from(`II*\0${'\0'.repeat(100)}`, 'latin1'), 'unsupported_media_type'],
  ['a signature after a byte', Buffer.concat([Buffer.from(' '), image]), 'unsupported_media_type'],
  ['a signature alone', image.subarray(0, 8), 'unprocessable_image'],
  ['a header cut off', image.subarray(0, 20), 'unprocessable_image'],
  ['a width of nought', png({ width: 0 }), 'unprocessable_image'],
  ['a height of nought', png({ height: 0 }), 'unprocessable_image'],
  ['a pixel more than the cap', png({ width: 1001, height: 50_000 }), 'unprocessable_image'],
  [
    'as many pixels as a header can promise',
    png({ width: 2 ** 31 - 1, height: 2 ** 31 - 1 }),
    'unprocessable_image',
  ],
  [
    'an endless JPEG without a frame',
    Buffer.concat([Buffer.from('ffd8ffe0ffff', 'hex'), Buffer.alloc(3_000_000)]),
    'unprocessable_image',
  ],
] as const;

describe.each(DIVIDED_HOMES)(
  'bytes that are not an accepted image are refused in every form (%s)',
  (kind) => {
    const home = useHome(kind);
    it.each(CONTENTS)('%s', async (what, bytes, code) => {
      for (const name of FORM_NAMES) {
        await expectRefusal(home, [what, uploadCall(name, Buffer.from(bytes), user), code, undefined]);
      }
    });
  },
);

describe.each(DIVIDED_HOMES)(
  'an image of a type that the configuration leaves out is refused (%s)',
  (kind) => {
    const home = useHome(kind, { config: { acceptedTypes: new Set(['image/jpeg']) } });
    it.each(FORM_NAMES)('%s', (name) =>
      expectRefusal(home, [name, uploadCall(name, image, user), 'unsupported_media_type', undefined]),
    );
  },
);
