import type { Actor } from '@app/core';
import { DeviceImportsService } from '@app/devices';
import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { itemErrorOf } from '../kit/item-error.type';
import { RegisterDevicesInput, RegisterDevicesPayload } from './device-imports.type';

@Resolver()
export class DeviceImportsResolver {
  constructor(private readonly imports: DeviceImportsService) {}

  @Allow('devices:write')
  @Mutation(() => RegisterDevicesPayload, {
    description:
      'Registers up to 10000 devices, each as registerDevice does. One that is wrong is answered so in its place and hinders no other. For more there is POST /upload/applications/{id}/devices.',
  })
  async registerDevices(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'The devices and their users.' })
    { applicationId, devices }: RegisterDevicesInput,
  ): Promise<RegisterDevicesPayload> {
    const outcomes = await this.imports.register(actor, applicationId, devices);
    const results = outcomes.map((outcome) =>
      'error' in outcome ? { isNew: false, error: itemErrorOf(outcome.error) } : outcome,
    );
    return { results };
  }
}
