import { AuthModule } from '@app/auth';
import { Module } from '@nestjs/common';
import { Idempotency } from './idempotency';
import { KeyQuotas } from './key-quotas';

@Module({ imports: [AuthModule], providers: [Idempotency, KeyQuotas], exports: [Idempotency] })
export class IdempotencyModule {}
