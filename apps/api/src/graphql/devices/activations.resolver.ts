import type { Actor } from '@app/core';
import { type Activation, type ActivationStatus, ActivationsService } from '@app/devices';
import { Args, ID, Mutation, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { ActivationStatusEnum } from '../kit/enums';
import type { RequestContext } from '../kit/request-context';
import { RegisterActivationInput } from './device.input';
import { ActivationType, DeviceType } from './device.type';

@Resolver(() => ActivationType)
export class ActivationsResolver {
  constructor(private readonly activations: ActivationsService) {}

  @Allow('devices:write')
  @Mutation(() => ActivationType, {
    description: 'Makes an activation known, or changes its user or status.',
  })
  registerActivation(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'The activation.' }) input: RegisterActivationInput,
  ): Promise<ActivationType> {
    return this.activations.register(actor, input);
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
    return this.activations.updateStatus(actor, activationId, status);
  }

  @Allow('devices:read')
  @ResolveField(() => DeviceType, {
    nullable: true,
    description: 'The device; null until one registers with it.',
  })
  async device(
    { deviceId }: Activation,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<DeviceType | null> {
    return deviceId === null ? null : loaders.devices.load(deviceId);
  }
}
