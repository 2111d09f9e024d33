import type { Actor } from '@app/core';
import { ProfilesService } from '@app/devices';
import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { NumericIdPipe } from '../../http/numeric-id';
import { Json } from '../kit/scalars';
import { ProfileType } from './profile.type';

@Resolver(() => ProfileType)
export class ProfilesResolver {
  constructor(private readonly profiles: ProfilesService) {}

  @Allow('devices:read')
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

  @Allow('devices:write')
  @Mutation(() => ProfileType, {
    description:
      'Merges attributes into the profile of a user; null removes one (RFC 7396). The attribute email is what messages may be addressed by.',
  })
  updateProfile(
    @CurrentActor() actor: Actor,
    @Args('applicationId', { type: () => ID, description: 'The application.' }, NumericIdPipe)
    applicationId: number,
    @Args('userId', { type: () => String, description: "The user, by the customer's own id." })
    userId: string,
    @Args('attributes', { type: () => Json, description: 'What changes: an object.' })
    attributes: unknown,
  ): Promise<ProfileType> {
    return this.profiles.patch(actor, { applicationId, userId }, attributes);
  }
}
