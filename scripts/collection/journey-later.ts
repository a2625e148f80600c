import type { StepFolder } from './step.ts';

const NO_WEBHOOKS = {
  status: 501,
  code: 'not_configured',
  because: 'webhooks are not switched on here',
} as const;
const NO_TRASH = { status: 404, code: 'not_found', because: 'there is no trash here' } as const;

/** An image is looked at and made smaller a moment after its upload, also after its bytes were replaced. */
const IS_REDIRECT = 'pm.response.code === 302';

/** What follows the uploads, up to the deletes. */
export const LATER_FOLDERS: readonly StepFolder[] = [
  {
    name: 'Renditions',
    description: 'Smaller pictures: presets that every image has, and any other size.',
    steps: [
      { name: 'Go to a preset', calls: 'render-image-alias', path: { preset: 'preset' }, until: IS_REDIRECT },
      {
        name: 'Go to a rendition',
        calls: 'render-image',
        query: { w: '16', format: 'png' },
        until: IS_REDIRECT,
      },
    ],
  },
  {
    name: 'Versions',
    description: 'Replacing the bytes keeps the former ones.',
    steps: [
      {
        name: "Replace an image's bytes",
        calls: 'replace-image',
        headers: { 'Content-Type': 'image/png' },
        sends: { bytes: 'sunset.png' },
        holds: { 'it is the second version': 'body.version === 2' },
        note: 'Choose the file in the body.',
      },
      {
        name: "List an image's versions",
        calls: 'list-versions',
        holds: { 'there are two': 'body.count === 2' },
      },
      {
        name: 'Restore a former version',
        calls: 'restore-version',
        holds: { 'it is a new version with those bytes': 'body.version === 3' },
      },
    ],
  },
  {
    name: 'Links',
    description: 'Links to one image that need no token, expire, and can be revoked.',
    steps: [
      {
        name: 'Make a link',
        calls: 'create-link',
        sends: { json: { expires_in_seconds: 3600 } },
        keeps: { link_id: 'body.link_id' },
      },
      { name: 'See an image by its link', calls: 'open-link', until: IS_REDIRECT },
      {
        name: "List an image's links",
        calls: 'list-links',
        holds: { 'it has been opened': 'body.items[0].views > 0' },
      },
      { name: 'Revoke a link', calls: 'revoke-link' },
    ],
  },
  {
    name: 'Webhooks',
    description:
      'Being told of changes; where the operator has set WEBHOOKS, for tokens with the scope images:admin.',
    steps: [
      {
        name: 'Make a webhook',
        calls: 'create-webhook',
        sends: { json: { url: '{{webhook_url}}', events: ['image.updated'] } },
        keeps: { webhook_id: 'body.webhook_id' },
        unless: NO_WEBHOOKS,
      },
      { name: 'List webhooks', calls: 'list-webhooks', unless: NO_WEBHOOKS },
      {
        name: 'Change an image, for something to be told',
        calls: 'update-image',
        sends: { json: { title: 'Evening by the sea' } },
      },
      {
        name: 'List what was sent to a webhook',
        calls: 'list-deliveries',
        until: 'body.count > 0',
        keeps: { delivery_id: 'body.items[0].delivery_id' },
        unless: NO_WEBHOOKS,
      },
      { name: 'Send it again', calls: 'replay-delivery', unless: NO_WEBHOOKS },
      { name: 'Give a webhook a new secret', calls: 'rotate-webhook-secret', unless: NO_WEBHOOKS },
      { name: 'Delete a webhook', calls: 'delete-webhook', unless: NO_WEBHOOKS },
    ],
  },
  {
    name: 'Users and audit',
    description: 'How much a user has, and who did what.',
    steps: [
      {
        name: "See a user's usage",
        calls: 'get-usage',
        holds: { 'the images are counted': 'body.images >= 5' },
      },
      {
        name: 'List audit events',
        calls: 'list-audit-events',
        query: { image_id: '{{image_id}}', limit: '50' },
        holds: { 'the upload is among them': "body.items.some((each) => each.action === 'upload-image')" },
      },
    ],
  },
  {
    name: 'Delete',
    description:
      'One image, several, and all that a user has. This comes last: afterwards there is nothing left to try.',
    steps: [
      { name: 'Delete an image', calls: 'delete-image' },
      { name: 'Restore an image from the trash', calls: 'restore-image', unless: NO_TRASH },
      {
        name: 'Delete an image for good',
        calls: 'delete-image',
        query: { permanent: 'true' },
        unless: { status: 404, code: 'not_found', because: 'without a trash it was gone before' },
      },
      {
        name: 'Delete several images',
        calls: 'delete-images',
        sends: { json: { image_ids: ['{{form_image_id}}', '{{bytes_image_id}}'], permanent: true } },
        holds: { 'there is an answer for each': 'body.count === 2' },
      },
      {
        name: 'Erase all that a user has',
        calls: 'erase-user',
        note: 'All images of {{user_id}}, not only those of this collection.',
      },
    ],
  },
];
