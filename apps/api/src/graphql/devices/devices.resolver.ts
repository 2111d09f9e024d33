import type { Actor } from '@app/core';
import { type Device, DeviceLists, DevicesService } from '@app/devices';
import { Args, ID, Mutation, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { ApplicationType } from '../applications/application.type';
import { connectCounted, type CountedConnection } from '../kit/connection';
import { deviceCursor } from '../kit/cursors';
import type { RequestContext } from '../kit/request-context';
import {
  DeviceFilterInput,
  DevicesArgs,
  RegisterDeviceInput,
  RemoveDeviceArgs,
} from './device.input';
import { ActivationType, DeviceConnection, DeviceType, SuspicionType } from './device.type';

@Resolver(() => DeviceType)
export class DevicesResolver {
  constructor(
    private readonly devices: DevicesService,
    private readonly lists: DeviceLists,
  ) {}

  @Allow('devices:read')
  @Query(() => DeviceType, { nullable: true, description: 'One device.' })
  device(
    @CurrentActor() actor: Actor,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
  ): Promise<DeviceType> {
    return this.devices.get(actor, id);
  }

  @Allow('devices:read')
  @Query(() => DeviceConnection, {
    name: 'devices',
    description: 'The devices that the caller may see, by the time of their first registration.',
  })
  async list(
    @CurrentActor() actor: Actor,
    @Args() { orderBy, ...page }: DevicesArgs,
    @Args('filter', { nullable: true, description: 'Which ones; all when absent.' })
    filter: DeviceFilterInput = {},
  ): Promise<CountedConnection<DeviceType>> {
    return connectCounted(
      await this.lists.list(actor, filter, orderBy, deviceCursor.requestOf(page)),
      deviceCursor,
      () => this.lists.count(actor, filter),
    );
  }

  @Allow('devices:write')
  @Mutation(() => DeviceType, {
    description:
      'Registers a device, or registers it again, which brings a retired one back to life. Its other users keep it. A user with a token of his own has registerMyDevice.',
  })
  registerDevice(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'The device and its user.' }) input: RegisterDeviceInput,
  ): Promise<DeviceType> {
    return this.devices.register(actor, input);
  }

  @Allow('devices:write')
  @Mutation(() => DeviceType, {
    nullable: true,
    description:
      'Removes a device, by its id or its token, from all who use it. Returns it as it was; null when it was not there.',
  })
  removeDevice(
    @CurrentActor() actor: Actor,
    @Args() args: RemoveDeviceArgs,
  ): Promise<DeviceType | null> {
    const { which } = args;
    return typeof which === 'string'
      ? this.devices.removeById(actor, which)
      : this.devices.remove(actor, which.applicationId, which.platform, which.token);
  }

  @Allow('applications:read')
  @ResolveField(() => ApplicationType, { description: 'The application it belongs to.' })
  application(
    { applicationId }: Device,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<ApplicationType | null> {
    return loaders.applications.load(applicationId);
  }

  @Allow('devices:read')
  @ResolveField(() => SuspicionType, {
    nullable: true,
    description: 'Why it may be retired soon; null while nothing speaks against it.',
  })
  suspicion(
    { id }: Device,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<SuspicionType | null> {
    return loaders.suspicions.load(id);
  }

  @Allow('devices:read')
  @ResolveField(() => [ActivationType], { description: 'Who uses it.' })
  activations({ id }: Device, _: unknown, { loaders }: RequestContext): Promise<ActivationType[]> {
    return loaders.activations.load(id);
  }
}
