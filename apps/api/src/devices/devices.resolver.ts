import type { Platform } from '@app/core';
import { type Device, DevicesService } from '@app/devices';
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
import { ApplicationType } from '../applications/application.type';
import { PlatformEnum } from '../graphql/enums';
import type { RequestLoaders } from '../graphql/loaders';
import { NumericIdPipe } from '../graphql/numeric-id';
import { RegisterActivationInput, RegisterDeviceInput } from './device.input';
import { ActivationType, DeviceType } from './device.type';

@Resolver(() => DeviceType)
export class DevicesResolver {
  constructor(private readonly devices: DevicesService) {}

  @Query(() => DeviceType, { nullable: true, description: 'One device.' })
  device(@Args('id', { type: () => ID, description: 'Its id.' }) id: string): Promise<DeviceType> {
    return this.devices.get(id);
  }

  @Mutation(() => DeviceType, {
    description:
      'Registers a device, or registers it again, which brings a retired one back to life. Its other users keep it.',
  })
  registerDevice(
    @Args('input', { description: 'The device and its user.' }) input: RegisterDeviceInput,
  ): Promise<DeviceType> {
    return this.devices.register(input);
  }

  @Mutation(() => Boolean, {
    description: 'Removes a device by its token. Returns whether it was there.',
  })
  removeDevice(
    @Args('applicationId', { type: () => ID, description: 'The application.' }, NumericIdPipe)
    applicationId: number,
    @Args('platform', { type: () => PlatformEnum, description: 'The platform.' })
    platform: Platform,
    @Args('token', { type: () => String, description: 'The push token.' }) token: string,
  ): Promise<boolean> {
    return this.devices.remove(applicationId, platform, token);
  }

  @Mutation(() => ActivationType, {
    description: 'Makes an activation known, or changes its user or status.',
  })
  registerActivation(
    @Args('input', { description: 'The activation.' }) input: RegisterActivationInput,
  ): Promise<ActivationType> {
    return this.devices.registerActivation(input);
  }

  @ResolveField(() => ApplicationType, { description: 'The application it belongs to.' })
  application(
    @Parent() { applicationId }: Device,
    @Context('loaders') { applications }: RequestLoaders,
  ): Promise<ApplicationType | null> {
    return applications.load(applicationId);
  }

  @ResolveField(() => [ActivationType], { description: 'Who uses it.' })
  activations(
    @Parent() { id }: Device,
    @Context('loaders') { activations }: RequestLoaders,
  ): Promise<ActivationType[]> {
    return activations.load(id);
  }
}
