import { ApplicationStore } from '@app/applications';
import { NotificationLists } from '@app/campaigns';
import type { Actor } from '@app/core';
import { DeviceLists, DevicesService, type Profile, ProfilesService } from '@app/devices';
import { Args, ID, Mutation, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { DevicesArgs } from '../devices/device.input';
import { connectCounted, type CountedConnection, PageArgs } from '../kit/connection';
import { deviceCursor, sendingCursor } from '../kit/cursors';
import { Json } from '../kit/scalars';
import { ProfileType } from '../profiles/profile.type';
import { RegisterMyDeviceInput } from './me.input';
import {
  MeType,
  MyApplicationType,
  MyDeviceConnection,
  MyDeviceType,
  MyNotificationConnection,
  type MyNotificationType,
} from './me.type';

/** Serves users who come with tokens of their own, with what is theirs. The parent is the profile, made at the first use. */
@Resolver(() => MeType)
export class MeResolver {
  constructor(
    private readonly profiles: ProfilesService,
    private readonly applications: ApplicationStore,
    private readonly devicesService: DevicesService,
    private readonly deviceLists: DeviceLists,
    private readonly notificationLists: NotificationLists,
  ) {}

  @Allow('me')
  @Query(() => MeType, {
    description:
      "The user who asks, by a user's own token and the header Carillon-Application. The first use makes the user known.",
  })
  me(@CurrentActor() actor: Actor): Promise<Profile> {
    return this.profiles.own(actor);
  }

  @Allow('me')
  @Mutation(() => MyDeviceType, {
    description:
      "Registers the device of the user's app, or registers it again, which brings a retired one back to life. To be called at each start of the app.",
  })
  async registerMyDevice(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'The device.' }) { platform, token }: RegisterMyDeviceInput,
  ): Promise<MyDeviceType> {
    const { applicationId, userId } = await this.profiles.own(actor);
    const registrant = { userId };
    return this.devicesService.register(actor, { applicationId, platform, token, registrant });
  }

  @Allow('me')
  @Mutation(() => MyDeviceType, {
    nullable: true,
    description:
      'Takes a device from the user, as at a sign-out; others who use it keep it. Returns it as it was; null when it was not the user’s.',
  })
  removeMyDevice(
    @CurrentActor() actor: Actor,
    @Args('id', { type: () => ID, description: 'The device.' }) id: string,
  ): Promise<MyDeviceType | null> {
    return this.devicesService.removeById(actor, id);
  }

  @Allow('me')
  @Mutation(() => ProfileType, {
    description:
      "Merges attributes into the user's profile; null removes one (RFC 7396). The attribute email is what messages may be addressed by.",
  })
  updateMyProfile(
    @CurrentActor() actor: Actor,
    @Args('attributes', { type: () => Json, description: 'What changes: an object.' })
    attributes: unknown,
  ): Promise<ProfileType> {
    return this.profiles.patchOwn(actor, attributes);
  }

  @Allow('me')
  @ResolveField(() => MyApplicationType, { description: "The application of the user's token." })
  application({ applicationId }: Profile): Promise<MyApplicationType> {
    return this.applications.get(applicationId);
  }

  @Allow('me')
  @ResolveField(() => ProfileType, { description: 'What the application knows of the user.' })
  profile(profile: Profile): ProfileType {
    return profile;
  }

  @Allow('me')
  @ResolveField(() => MyDeviceConnection, { description: 'The devices that the user uses.' })
  async devices(
    @CurrentActor() actor: Actor,
    @Args() { orderBy, ...page }: DevicesArgs,
  ): Promise<CountedConnection<MyDeviceType>> {
    return connectCounted(
      await this.deviceLists.own(actor, orderBy, deviceCursor.requestOf(page)),
      deviceCursor,
      () => this.deviceLists.countOwn(actor),
    );
  }

  @Allow('me')
  @ResolveField(() => MyNotificationConnection, {
    description: 'The messages that were sent to the user, newest first; campaigns are not in it.',
  })
  async notifications(
    @CurrentActor() actor: Actor,
    @Args() page: PageArgs,
  ): Promise<CountedConnection<MyNotificationType>> {
    return connectCounted(
      await this.notificationLists.own(actor, sendingCursor.requestOf(page)),
      sendingCursor,
      () => this.notificationLists.countOwn(actor),
    );
  }
}
