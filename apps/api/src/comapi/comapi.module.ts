import { AuthModule } from '@app/auth';
import { DevicesModule } from '@app/devices';
import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module';
import { ComapiProfilesController } from './profiles.controller';
import { ComapiSessionController } from './session.controller';
import { ComapiSessionsController } from './sessions.controller';
import { SessionDevices } from './session-devices';

/** The routes of Comapi's SDKs by Dotdigital, for apps that have them built in. */
@Module({
  imports: [AccessModule, AuthModule, DevicesModule],
  controllers: [ComapiSessionsController, ComapiSessionController, ComapiProfilesController],
  providers: [SessionDevices],
})
export class ComapiModule {}
