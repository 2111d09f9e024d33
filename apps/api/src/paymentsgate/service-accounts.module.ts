import { AuthModule } from '@app/auth';
import { Module } from '@nestjs/common';
import { AccountTokensController } from './account-tokens.controller';

/** What PaymentsGate's clients call. */
@Module({ imports: [AuthModule], controllers: [AccountTokensController] })
export class ServiceAccountsModule {}
