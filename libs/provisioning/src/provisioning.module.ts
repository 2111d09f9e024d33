import { ApplicationsModule } from '@app/applications';
import { AuthModule } from '@app/auth';
import { DevicesModule } from '@app/devices';
import { Module } from '@nestjs/common';
import { CallersProvisioner } from './callers-provisioner';
import { Provisioner } from './provisioner';

@Module({
  imports: [ApplicationsModule, AuthModule, DevicesModule],
  providers: [CallersProvisioner, Provisioner],
  exports: [Provisioner],
})
export class ProvisioningModule {}
