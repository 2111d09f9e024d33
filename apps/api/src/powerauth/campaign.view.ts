import type { Campaign } from '@app/campaigns';
import type { z } from 'zod';
import type { CampaignDetail, CampaignMessage } from './models';

export function campaignView({ id, message }: Campaign): z.infer<typeof CampaignDetail> {
  return {
    id,
    appId: message.applicationId,
    sent: message.state === 'completed',
    message: messageView(message.content),
  };
}

function messageView(content: Campaign['message']['content']): z.infer<typeof CampaignMessage> {
  const { title, body, icon, badge, sound, category, collapseKey, validUntil, extras } = content;
  const { titleLocKey, titleLocArgs, bodyLocKey, bodyLocArgs } = content;
  return {
    title: title ?? null,
    // Clients of 1.0 know no such keys, and some stop at a key that they do not know.
    ...(titleLocKey !== undefined && { titleLocKey, titleLocArgs: titleLocArgs ?? null }),
    body: body ?? null,
    ...(bodyLocKey !== undefined && { bodyLocKey, bodyLocArgs: bodyLocArgs ?? null }),
    icon: icon ?? null,
    badge: badge ?? null,
    sound: sound ?? null,
    category: category ?? null,
    collapseKey: collapseKey ?? null,
    // Java writes a fraction only where there is one.
    validUntil: validUntil?.toISOString().replace('.000Z', 'Z') ?? null,
    extras: extras ?? null,
  };
}
