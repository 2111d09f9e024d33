import { AuditModule } from '@app/audit';
import { Module } from '@nestjs/common';
import { PersonalData } from './personal-data';

@Module({ imports: [AuditModule], providers: [PersonalData], exports: [PersonalData] })
export class PersonalDataModule {}
