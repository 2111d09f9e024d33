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
  return {
    title: title ?? null,
    body: body ?? null,
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
