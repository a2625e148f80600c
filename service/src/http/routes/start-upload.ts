import { startUpload, uploadAnnouncement } from '../../operations/start-upload.ts';
import { jsonAnswer } from '../answer.ts';
import { jsonBody } from '../body/json-body.ts';
import type { Route } from '../context.ts';
import { idempotencyHeaders, idempotencyMember, replayedHeader, splitKey } from '../idempotency-key.ts';
import { imageBody } from '../image-body.ts';
import { queryOf, validate } from '../input.ts';
import { startedUploadSchema } from '../upload-schemas.ts';
import { noQuery } from './parameters.ts';

export const startUploadRoute: Route = {
  operation: 'start-upload',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const { key, fields } = splitKey(c, await jsonBody(c));
    const announcement = validate(uploadAnnouncement, fields);
    const output = await startUpload(app.deps, c.var.caller, announcement, key);
    const { image, upload } = output;
    const location = `${app.publicUrl}/images/${image.image_id}`;
    const body = { image: imageBody({ image, url: null, url_expires_at: null, renditions: {} }), upload };
    return jsonAnswer(body, 201, { location, ...replayedHeader(output) });
  },
  describe: () => ({
    summary: 'Announce an image whose bytes go straight to the store',
    description:
      'Answers with what sends them: a form (`post`), one PUT (`put`), or PUTs of parts (`parts`), which can be ' +
      'taken up again after a break. When they are there, complete the upload.',
    requestParams: { header: idempotencyHeaders.request },
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: uploadAnnouncement.meta({
            override: ({ jsonSchema }) => {
              jsonSchema.properties = { ...jsonSchema.properties, ...idempotencyMember };
            },
          }),
          example: {
            user_id: 'alice',
            filename: 'osprey.jpg',
            content_type: 'image/jpeg',
            size_bytes: 48213,
          },
        },
      },
    },
    responses: {
      201: {
        description: 'The image, `pending`, and how its bytes are to be sent.',
        headers: { Location: { schema: { type: 'string' } }, ...idempotencyHeaders.answer },
        content: { 'application/json': { schema: startedUploadSchema } },
      },
    },
  }),
};
