import { LATER_FOLDERS } from './journey-later.ts';
import type { StepFolder } from './step.ts';

/** The image of the requests that send a file, beside the collection; and as base64, for the one that needs none. */
export const SAMPLE_FILE = 'sunset.png';

/** @param sample the bytes of that file. */
export function journey(sample: Buffer): readonly StepFolder[] {
  const uploads: StepFolder = {
    name: 'Upload',
    description:
      'The three forms of one request, and the address that it also has. The first one keeps `image_id` for what follows.',
    steps: [
      {
        name: 'Upload an image as JSON',
        calls: 'upload-image',
        headers: { 'Idempotency-Key': '{{$guid}}' },
        sends: {
          json: {
            user_id: '{{user_id}}',
            filename: SAMPLE_FILE,
            title: 'By the sea',
            tags: ['sunset', 'sea'],
            image_data: sample.toString('base64'),
          },
        },
        keeps: { image_id: 'body.image_id' },
        holds: { 'the image is at the address in Location': ENDS_WITH_ITS_ID },
      },
      {
        name: 'Upload an image as a form',
        calls: 'upload-image',
        sends: { form: { user_id: '{{user_id}}', title: 'By the lake', tags: 'sunset,lake' } },
        keeps: { form_image_id: 'body.image_id' },
        note: 'Choose the file in the body.',
      },
      {
        name: 'Upload the bare bytes of an image',
        calls: 'upload-image-alias',
        query: { user_id: '{{user_id}}', filename: 'evening.png', tags: 'evening' },
        headers: { 'Content-Type': 'image/png' },
        sends: { bytes: SAMPLE_FILE },
        keeps: { bytes_image_id: 'body.image_id' },
        note: 'Choose the file in the body.',
      },
    ],
  };
  return [uploads, FIND_AND_VIEW, directUploads(sample), ...LATER_FOLDERS];
}

const ENDS_WITH_ITS_ID = "pm.response.headers.get('Location').endsWith('/images/' + body.image_id)";

const FIND_AND_VIEW: StepFolder = {
  name: 'Find, view and change',
  description: 'Lists by filters that combine, one image, its bytes, and its title, description and tags.',
  steps: [
    {
      name: 'List images',
      calls: 'list-images',
      query: { user_id: '{{user_id}}', tag: ['sunset', 'sea'], limit: '50' },
      holds: {
        'the image that was uploaded is listed':
          'body.items.some((each) => each.image_id === pm.variables.get("image_id"))',
      },
    },
    {
      name: 'Search images',
      calls: 'list-images',
      query: { user_id: '{{user_id}}', q: 'by the se', order: 'relevance' },
      holds: {
        'the image is found by the beginning of a word':
          'body.items.some((each) => each.image_id === pm.variables.get("image_id"))',
      },
      unless: { status: 501, code: 'not_configured', because: 'search is not switched on here' },
    },
    {
      name: 'View an image',
      calls: 'view-image',
      until: "!['pending', 'scanning'].includes(body.status)",
      keeps: { etag: "pm.response.headers.get('ETag')" },
      holds: { 'it is ready, with a URL of its bytes': "body.status === 'ready' && body.url !== null" },
    },
    { name: "Go to an image's bytes", calls: 'view-image-content' },
    {
      name: "Change an image's title, description and tags",
      calls: 'update-image',
      headers: { 'If-Match': '{{etag}}' },
      sends: { json: { title: 'Evening', description: 'From the pier.', tags: ['sea', 'evening'] } },
      holds: { 'the title has changed': "body.title === 'Evening'" },
    },
  ],
};

const directUploads = (sample: Buffer): StepFolder => ({
  name: 'Direct uploads',
  description:
    'For large images, and for browsers that must not have the token: announce an image, send its bytes to the ' +
    'presigned URL, complete it.',
  steps: [
    {
      name: 'Announce an image: one PUT',
      calls: 'start-upload',
      sends: { json: announced(sample, 'put') },
      keeps: { put_image_id: 'body.image.image_id', upload_url: 'body.upload.url' },
    },
    PUT_BYTES,
    { name: 'Complete the upload', calls: 'complete-upload', path: { image_id: 'put_image_id' } },
    {
      name: 'Announce an image: parts',
      calls: 'start-upload',
      sends: { json: announced(sample, 'parts') },
      keeps: { parts_image_id: 'body.image.image_id', upload_url: 'body.upload.parts[0].url' },
    },
    { ...PUT_BYTES, name: 'Send a part' },
    {
      name: 'See how far an upload in parts has come',
      calls: 'list-parts',
      path: { image_id: 'parts_image_id' },
      holds: { 'the part has arrived': 'body.arrived.length === 1' },
    },
    { name: 'Complete the upload in parts', calls: 'complete-upload', path: { image_id: 'parts_image_id' } },
  ],
});

const announced = (sample: Buffer, method: string) => ({
  user_id: '{{user_id}}',
  filename: SAMPLE_FILE,
  content_type: 'image/png',
  size_bytes: sample.length,
  method,
});

const PUT_BYTES = {
  name: 'Send the bytes',
  calls: { putTo: 'upload_url' },
  headers: { 'Content-Type': 'image/png' },
  sends: { bytes: SAMPLE_FILE },
  note: 'To the presigned URL, which needs no token. Choose the file in the body: it must be as long as was announced.',
} as const;
