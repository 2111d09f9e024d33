export { Provisioner } from './provisioner';
export type { Provisioning } from './provisioning-file';
export { ProvisioningModule } from './provisioning.module';
export { readProvisioning } from './read-provisioning';
export { assertNoSamples } from './sample-passwords';
