import type { NotificationsService } from '@app/campaigns';
import type { z } from 'zod';
import type { PlatformCounts, SendCounts } from './models';

type Counts = Awaited<ReturnType<NotificationsService['notifyAndCount']>>;

export function sendCountsView({ apns, fcm }: Counts): z.infer<typeof SendCounts> {
  return { ios: platformView(apns), android: platformView(fcm) };
}

function platformView({
  sent,
  failed,
  pending,
  total,
}: Counts['apns']): z.infer<typeof PlatformCounts> {
  return { sent, failed, pending, total };
}
