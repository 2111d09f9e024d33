import { Module } from '@nestjs/common';
import { Audit } from './audit';
import { AuditKeys } from './audit-keys';
import { AuditLinker } from './audit-linker';
import { AuditRetention } from './audit-retention';

@Module({
  providers: [Audit, AuditKeys, AuditLinker, AuditRetention],
  exports: [Audit, AuditKeys, AuditLinker, AuditRetention],
})
export class AuditModule {}
