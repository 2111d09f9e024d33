import type { Actor, Platform } from '@app/core';
import {
  type ActivationStatus,
  ActivationsService,
  type Device,
  DevicesService,
} from '@app/devices';
import {
  Args,
  Context,
  ID,
  Mutation,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { Allow } from '../access/allow';
import { CurrentActor } from '../access/current-actor';
import { ApplicationType } from '../applications/application.type';
import { ActivationStatusEnum, PlatformEnum } from '../graphql/enums';
import type { RequestLoaders } from '../graphql/loaders';
import { NumericIdPipe } from '../graphql/numeric-id';
import { RegisterActivationInput, RegisterDeviceInput } from './device.input';
import { ActivationType, DeviceType } from './device.type';

@Resolver(() => DeviceType)
export class DevicesResolver {
  constructor(
    private readonly devices: DevicesService,
    private readonly activationsService: ActivationsService,
  ) {}

  @Allow('devices:read')
  @Query(() => DeviceType, { nullable: true, description: 'One device.' })
  device(
    @CurrentActor() actor: Actor,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
  ): Promise<DeviceType> {
    return this.devices.get(actor, id);
  }

  @Allow('devices:write', 'me')
  @Mutation(() => DeviceType, {
    description:
      'Registers a device, or registers it again, which brings a retired one back to life. Its other users keep it. With a user token: for that user.',
  })
  registerDevice(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'The device and its user.' }) input: RegisterDeviceInput,
  ): Promise<DeviceType> {
    return this.devices.register(actor, input);
  }

  @Allow('devices:write', 'me')
  @Mutation(() => Boolean, {
    description:
      'Removes a device by its token. Returns whether it was there. With a user token: from that user; others who use it keep it.',
  })
  removeDevice(
    @CurrentActor() actor: Actor,
    @Args('applicationId', { type: () => ID, description: 'The application.' }, NumericIdPipe)
    applicationId: number,
    @Args('platform', { type: () => PlatformEnum, description: 'The platform.' })
    platform: Platform,
    @Args('token', { type: () => String, description: 'The push token.' }) token: string,
  ): Promise<boolean> {
    return this.devices.remove(actor, applicationId, platform, token);
  }

  @Allow('devices:write')
  @Mutation(() => ActivationType, {
    description: 'Makes an activation known, or changes its user or status.',
  })
  registerActivation(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'The activation.' }) input: RegisterActivationInput,
  ): Promise<ActivationType> {
    return this.activationsService.register(actor, input);
  }

  @Allow('devices:write')
  @Mutation(() => ActivationType, {
    nullable: true,
    description: 'Changes the status of an activation; null when it is not known here.',
  })
  updateActivationStatus(
    @CurrentActor() actor: Actor,
    @Args('activationId', { type: () => ID, description: 'The activation.' }) activationId: string,
    @Args('status', { type: () => ActivationStatusEnum, description: 'How far the pairing is.' })
    status: ActivationStatus,
  ): Promise<ActivationType | null> {
    return this.activationsService.updateStatus(actor, activationId, status);
  }

  @Allow('applications:read')
  @ResolveField(() => ApplicationType, { description: 'The application it belongs to.' })
  application(
    @Parent() { applicationId }: Device,
    @Context('loaders') { applications }: RequestLoaders,
  ): Promise<ApplicationType | null> {
    return applications.load(applicationId);
  }

  @Allow('devices:read')
  @ResolveField(() => [ActivationType], { description: 'Who uses it.' })
  activations(
    @Parent() { id }: Device,
    @Context('loaders') { activations }: RequestLoaders,
  ): Promise<ActivationType[]> {
    return activations.load(id);
  }
}
