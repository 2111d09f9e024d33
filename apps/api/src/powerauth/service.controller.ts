import { Clock } from '@app/core';
import type { z } from 'zod';
import { ServiceStatus } from './models';
import { PowerAuthController } from './protocol/powerauth-controller';
import { Route } from './protocol/route';

@PowerAuthController('push/service')
export class PowerAuthServiceController {
  constructor(private readonly clock: Clock) {}

  @Route(['GET'], ['status'], {
    allow: 'anyone',
    summary: 'Service status',
    response: ServiceStatus,
  })
  status(): z.infer<typeof ServiceStatus> {
    return {
      applicationName: 'powerauth-push',
      applicationDisplayName: 'PowerAuth Push Server',
      applicationEnvironment: '',
      version: null,
      buildTime: null,
      timestamp: this.clock.now().toISOString().replace('Z', '+00:00'),
    };
  }
}
