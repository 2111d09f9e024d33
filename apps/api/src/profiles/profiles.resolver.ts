import type { Actor } from '@app/core';
import { ProfilesService } from '@app/devices';
import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '../access/allow';
import { CurrentActor } from '../access/current-actor';
import { NumericIdPipe } from '../graphql/numeric-id';
import { ProfileType } from './profile.type';

@Resolver(() => ProfileType)
export class ProfilesResolver {
  constructor(private readonly profiles: ProfilesService) {}

  @Allow('devices:read', 'me')
  @Query(() => ProfileType, {
    description: 'The profile of a user; empty where nothing was written to it.',
  })
  profile(
    @CurrentActor() actor: Actor,
    @Args('applicationId', { type: () => ID, description: 'The application.' }, NumericIdPipe)
    applicationId: number,
    @Args('userId', { type: () => String, description: "The user, by the customer's own id." })
    userId: string,
  ): Promise<ProfileType> {
    return this.profiles.get(actor, { applicationId, userId });
  }
}
