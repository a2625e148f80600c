import type { OperationName } from '../../operations/manifest.ts';
import type { Route } from '../context.ts';
import { completeUploadRoute } from './complete-upload.ts';
import { createLinkRoute } from './create-link.ts';
import { createWebhookRoute } from './create-webhook.ts';
import { deleteImageRoute } from './delete-image.ts';
import { deleteImagesRoute } from './delete-images.ts';
import { deleteWebhookRoute } from './delete-webhook.ts';
import { eraseUserRoute } from './erase-user.ts';
import { getUsageRoute } from './get-usage.ts';
import { listAuditEventsRoute } from './list-audit-events.ts';
import { listDeliveriesRoute } from './list-deliveries.ts';
import { listImagesRoute } from './list-images.ts';
import { listLinksRoute } from './list-links.ts';
import { listPartsRoute } from './list-parts.ts';
import { listVersionsRoute } from './list-versions.ts';
import { listWebhooksRoute } from './list-webhooks.ts';
import { openLinkRoute } from './open-link.ts';
import { renderImageRoute } from './render-image.ts';
import { replaceImageRoute } from './replace-image.ts';
import { replayDeliveryRoute } from './replay-delivery.ts';
import { restoreImageRoute } from './restore-image.ts';
import { restoreVersionRoute } from './restore-version.ts';
import { revokeLinkRoute } from './revoke-link.ts';
import { rotateWebhookSecretRoute } from './rotate-webhook-secret.ts';
import { startUploadRoute } from './start-upload.ts';
import { updateImageRoute } from './update-image.ts';
import { uploadImageRoute } from './upload-image.ts';
import { viewImageRoute } from './view-image.ts';
import { viewImageContentRoute } from './view-image-content.ts';
/** The route of every operation; the type demands one for each row of the manifest. */
export const ROUTES: { readonly [Name in OperationName]: Route } = {
  'upload-image': uploadImageRoute,
  'start-upload': startUploadRoute,
  'list-parts': listPartsRoute,
  'complete-upload': completeUploadRoute,
  'list-images': listImagesRoute,
  'view-image': viewImageRoute,
  'view-image-content': viewImageContentRoute,
  'update-image': updateImageRoute,
  'delete-image': deleteImageRoute,
  'delete-images': deleteImagesRoute,
  'erase-user': eraseUserRoute,
  'list-versions': listVersionsRoute,
  'render-image': renderImageRoute,
  'replace-image': replaceImageRoute,
  'restore-image': restoreImageRoute,
  'restore-version': restoreVersionRoute,
  'create-link': createLinkRoute,
  'list-links': listLinksRoute,
  'revoke-link': revokeLinkRoute,
  'open-link': openLinkRoute,
  'get-usage': getUsageRoute,
  'list-audit-events': listAuditEventsRoute,
  'replay-delivery': replayDeliveryRoute,
  'list-deliveries': listDeliveriesRoute,
  'rotate-webhook-secret': rotateWebhookSecretRoute,
  'delete-webhook': deleteWebhookRoute,
  'list-webhooks': listWebhooksRoute,
  'create-webhook': createWebhookRoute,
};
