import { ApplicationsModule } from '@app/applications';
import { CampaignsModule } from '@app/campaigns';
import { Config, type ServiceConfig } from '@app/core';
import { DevicesModule } from '@app/devices';
import { type DynamicModule, Logger, Module, type OnModuleInit } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { AccessModule } from '../access/access.module';
import { PowerAuthApplicationsController } from './applications.controller';
import { PowerAuthCampaignsController } from './campaigns.controller';
import { PowerAuthDevicesController } from './devices.controller';
import { PowerAuthMessagesController } from './messages.controller';
import { PowerAuthServiceController } from './service.controller';

export const powerAuthControllers = [
  PowerAuthServiceController,
  PowerAuthDevicesController,
  PowerAuthMessagesController,
  PowerAuthCampaignsController,
  PowerAuthApplicationsController,
];

/** The REST interface of PowerAuth Push Server 1.0, for its clients. */
@Module({
  imports: [ApplicationsModule, DevicesModule, CampaignsModule, AccessModule],
  controllers: powerAuthControllers,
})
export class PowerAuthModule implements OnModuleInit {
  /** Returns no module where the configuration has the routes off. */
  static forRoot({ powerAuthCompat, powerAuthCompatPrefix }: ServiceConfig): DynamicModule[] {
    if (powerAuthCompat === 'off') return [];
    const routes = [{ path: powerAuthCompatPrefix, module: PowerAuthModule }];
    return [{ module: PowerAuthModule }, RouterModule.register(routes)];
  }

  private readonly logger = new Logger('PowerAuth');

  constructor(private readonly config: Config) {}

  onModuleInit(): void {
    const { powerAuthCompat, powerAuthOpenAdmin, powerAuthAllowedIps } = this.config;
    if (powerAuthCompat !== 'open') return;
    const routes = powerAuthOpenAdmin ? '/push and /admin/app' : '/push';
    const who = powerAuthAllowedIps.length === 0 ? 'whoever' : 'every address allowed that';
    this.logger.warn(
      `POWERAUTH_COMPAT=open: ${who} reaches ${routes} may use them. Keep them on a trusted network.`,
    );
  }
}
