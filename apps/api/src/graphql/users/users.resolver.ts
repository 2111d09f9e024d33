import type { Actor } from '@app/core';
import { type User, UsersService } from '@app/devices';
import { Args, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { connectCounted, type CountedConnection, PageArgs } from '../kit/connection';
import { userCursor } from '../kit/cursors';
import type { RequestContext } from '../kit/request-context';
import { ProfileType } from '../profiles/profile.type';
import { UserFilterInput } from './user.input';
import { UserConnection, UserType } from './user.type';

@Resolver(() => UserType)
export class UsersResolver {
  constructor(private readonly users: UsersService) {}

  @Allow('devices:read')
  @Query(() => UserType, { nullable: true, description: 'One user.' })
  user(
    @CurrentActor() actor: Actor,
    @Args('userId', { type: () => String, description: "The customer's own id." }) userId: string,
  ): Promise<UserType> {
    return this.users.get(actor, userId);
  }

  @Allow('devices:read')
  @Query(() => UserConnection, {
    name: 'users',
    description:
      'Users, by id. Who may touch some applications only sees those with a device or a profile in one of them.',
  })
  async list(
    @CurrentActor() actor: Actor,
    @Args() page: PageArgs,
    @Args('filter', { nullable: true, description: 'Which ones; all when absent.' })
    filter: UserFilterInput = {},
  ): Promise<CountedConnection<UserType>> {
    return connectCounted(
      await this.users.list(actor, filter, userCursor.requestOf(page)),
      userCursor,
      () => this.users.count(actor, filter),
    );
  }

  @Allow('devices:read')
  @ResolveField(() => [ProfileType], {
    description: 'What applications know of the user, by application.',
  })
  profiles({ id }: User, _: unknown, { loaders }: RequestContext): Promise<ProfileType[]> {
    return loaders.profiles.load(id);
  }
}
