import type { Caller } from '../domain/caller.ts';
import type { Deps } from './deps.ts';
import { changeWebhooks, webhookNamed } from './steps/webhooks.ts';

/** Tells somebody no more. What was still to be sent has failed; what there is of deliveries goes by itself. */
export async function deleteWebhook(
  deps: Pick<Deps, 'webhooks' | 'audit' | 'clock'>,
  caller: Caller,
  webhook_id: string,
): Promise<void> {
  let wasThere = false;
  await changeWebhooks(deps, { caller, action: 'delete-webhook' }, (webhooks) => {
    // Removed by the try before, whose answer was lost, or by somebody else at the same time.
    if (wasThere && !webhooks.some((webhook) => webhook.webhook_id === webhook_id)) return webhooks;
    const gone = webhookNamed(webhooks, webhook_id);
    wasThere = true;
    return webhooks.filter((webhook) => webhook !== gone);
  });
}
