import { uploadFields, uploadImage } from '../../operations/upload-image.ts';
import { imageAnswer } from '../answer.ts';
import { uploadInput } from '../body/upload-body.ts';
import type { Route } from '../context.ts';
import { idempotencyHeaders, idempotencyMember, replayedHeader } from '../idempotency-key.ts';
import { imageSchema } from '../schemas.ts';

const FILE = { type: 'string', format: 'binary', description: 'The bytes of the image.' } as const;

/** A whole image, for whoever wants to try it. */
const EXAMPLE = {
  user_id: 'alice',
  filename: 'sunset.png',
  title: 'By the sea',
  tags: ['sunset', 'sea'],
  image_data:
    'iVBORw0KGgoAAAANSUhEUgAAACAAAAAYAgMAAADmPRenAAAACVBMVEX60lrmbkYmMlChnW7ZAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAIklEQVQI12MI' +
    'hQIGKjIcGKAMBgZRMCOEgYGVSMYqKKCQAQBy4E7GRF38mgAAAABJRU5ErkJggg==',
};

export const uploadImageRoute: Route = {
  operation: 'upload-image',
  async handle(c, app) {
    const input = await uploadInput(c, app.deps.limits.maxInlineBytes);
    const output = await uploadImage(app.deps, c.var.caller, input);
    return imageAnswer(output, 201, {
      location: `${app.publicUrl}/images/${output.image.image_id}`,
      ...replayedHeader(output),
    });
  },
  describe: () => ({
    summary: 'Upload an image',
    description:
      'In one of three forms. The type is found from the bytes; what the request calls them does not count.',
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: uploadFields.meta({
            override: ({ jsonSchema }) => {
              jsonSchema.required = [...(jsonSchema.required ?? []), 'image_data'];
              jsonSchema.properties = {
                ...jsonSchema.properties,
                image_data: {
                  type: 'string',
                  description: 'Base64 (RFC 4648, section 4) or a data: URL of it.',
                },
                ...idempotencyMember,
              };
            },
          }),
          example: EXAMPLE,
        },
        'multipart/form-data': {
          schema: uploadFields.meta({
            override: ({ jsonSchema }) => {
              jsonSchema.required = [...(jsonSchema.required ?? []), 'file'];
              jsonSchema.properties = { ...jsonSchema.properties, file: FILE };
            },
          }),
        },
        'image/*': { schema: FILE },
      },
    },
    requestParams: { query: uploadFields.partial(), header: idempotencyHeaders.request },
    responses: {
      201: {
        description: 'Stored: the bytes and the record are on disk.',
        headers: {
          Location: { schema: { type: 'string' } },
          ETag: { schema: { type: 'string' } },
          ...idempotencyHeaders.answer,
        },
        content: { 'application/json': { schema: imageSchema } },
      },
    },
  }),
};
