import type { AudienceMember } from '@app/campaigns';
import { ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import type { RequestContext } from '../kit/request-context';
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
    { userId }: AudienceMember,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<UserType | null> {
    return loaders.users.load(userId);
  }
}
