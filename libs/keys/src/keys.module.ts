import { AuditModule } from '@app/audit';
import { Module } from '@nestjs/common';
import { PublicKeys } from './public-keys';
import { SigningKeys } from './signing-keys';

@Module({
  imports: [AuditModule],
  providers: [PublicKeys, SigningKeys],
  exports: [PublicKeys, SigningKeys],
})
export class KeysModule {}
