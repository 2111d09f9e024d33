import { type Actor, Config } from '@app/core';
import { ActivationsService, DevicesService } from '@app/devices';
import { type CanActivate, Injectable, UseGuards } from '@nestjs/common';
import { CurrentActor } from '../access/current-actor';
import {
  readCreateDevice,
  readCreateDeviceMulti,
  readDeleteDevice,
  readStatusUpdate,
} from './device-requests';
import { CreateDevice, CreateDeviceMulti, DeleteDevice, UpdateDeviceStatus } from './models';
import { PowerAuthController } from './protocol/powerauth-controller';
import { Read } from './protocol/request-params';
import { Route } from './protocol/route';
import { Refusal } from './reading/refusals';

/** Guards the feature of several activations on one device, which may be off; that comes before what the request says. */
@Injectable()
class MultipleActivations implements CanActivate {
  constructor(private readonly config: Config) {}

  canActivate(): true {
    if (this.config.powerAuthMultipleActivations) return true;
    throw new Refusal('Registration of multiple associated activations per device is not enabled.');
  }
}

@PowerAuthController('push/device', {
  APPLICATION_NOT_FOUND: 'Application with given ID does not exist',
  ACTIVATION_NOT_ACTIVE: 'Device registration failed because associated activation is not ACTIVE',
  ACTIVATION_SOURCE_UNAVAILABLE: 'Device registration failed because activation status is unknown',
  MULTIPLE_ACTIVATIONS:
    'Multiple device registrations found for push token. Use the /push/device/create/multi endpoint for this scenario.',
  REGISTRATION_INCOMPLETE: 'Device registration failed',
})
export class PowerAuthDevicesController {
  constructor(
    private readonly devices: DevicesService,
    private readonly activations: ActivationsService,
  ) {}

  @Route(['POST'], ['create'], {
    allow: 'devices:write',
    summary: 'Register a device',
    request: CreateDevice,
  })
  async create(
    @CurrentActor() actor: Actor,
    @Read(readCreateDevice) device: ReturnType<typeof readCreateDevice>,
  ): Promise<void> {
    await this.activations.registerDevice(actor, device);
  }

  @UseGuards(MultipleActivations)
  @Route(['POST'], ['create/multi'], {
    allow: 'devices:write',
    summary: 'Register a device that several activations share',
    request: CreateDeviceMulti,
  })
  async createMulti(
    @CurrentActor() actor: Actor,
    @Read(readCreateDeviceMulti) device: ReturnType<typeof readCreateDeviceMulti>,
  ): Promise<void> {
    await this.activations.registerSharedDevice(actor, device);
  }

  @Route(['DELETE', 'POST'], ['remove', 'delete'], {
    allow: 'devices:write',
    summary: 'Remove a device',
    request: DeleteDevice,
  })
  async remove(
    @CurrentActor() actor: Actor,
    @Read(readDeleteDevice) { applicationId, token }: ReturnType<typeof readDeleteDevice>,
  ): Promise<void> {
    await this.devices.removeToken(actor, applicationId, token);
  }

  @Route(['POST', 'PUT'], ['status/update'], {
    allow: 'devices:write',
    summary: "Follow an activation's status; the target of PowerAuth Server's callback",
    body: UpdateDeviceStatus,
    texts: {
      ACTIVATION_SOURCE_UNAVAILABLE:
        'Update device status failed because activation status is unknown',
    },
  })
  async updateStatus(
    @CurrentActor() actor: Actor,
    @Read(readStatusUpdate)
    { activationId, activationStatus }: ReturnType<typeof readStatusUpdate>,
  ): Promise<void> {
    await this.activations.updateStatus(actor, activationId, activationStatus);
  }
}
