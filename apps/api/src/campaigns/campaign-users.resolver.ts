import { type CampaignUser } from '@app/campaigns';
import { Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../access/allow';
import type { RequestLoaders } from '../graphql/loaders';
import { UserType } from '../users/user.type';
import { CampaignUserType } from './campaign.type';

@Resolver(() => CampaignUserType)
export class CampaignUsersResolver {
  @Allow('devices:read')
  @ResolveField(() => UserType, {
    nullable: true,
    description: 'The user, once known by a device or a profile.',
  })
  user(
    @Parent() { userId }: CampaignUser,
    @Context('loaders') { users }: RequestLoaders,
  ): Promise<UserType | null> {
    return users.load(userId);
  }
}
