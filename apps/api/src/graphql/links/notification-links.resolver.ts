import type { Notification } from '@app/campaigns';
import { ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import type { RequestContext } from '../kit/request-context';
import { NotificationType } from '../notifications/notification.type';
import { UserType } from '../users/user.type';

/** Leads from a notification to its user. */
@Resolver(() => NotificationType)
export class NotificationLinksResolver {
  @Allow('devices:read')
  @ResolveField(() => UserType, {
    nullable: true,
    description: 'The user, once known by a device or a profile.',
  })
  user(
    { userId }: Notification,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<UserType | null> {
    return loaders.users.load(userId);
  }
}
