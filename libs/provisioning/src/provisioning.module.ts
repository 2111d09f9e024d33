import { ApplicationsModule } from '@app/applications';
import { AuthModule } from '@app/auth';
import { DeliveryModule } from '@app/delivery';
import { DevicesModule } from '@app/devices';
import { Module } from '@nestjs/common';
import { CallersProvisioner } from './callers-provisioner';
import { Provisioner } from './provisioner';

@Module({
  imports: [ApplicationsModule, AuthModule, DeliveryModule, DevicesModule],
  providers: [CallersProvisioner, Provisioner],
  exports: [Provisioner],
})
export class ProvisioningModule {}
