import { AuthModule } from '@app/auth';
import { Module } from '@nestjs/common';
import { AccountTokensController } from './account-tokens.controller';

/** The routes of PaymentsGate's clients. */
@Module({ imports: [AuthModule], controllers: [AccountTokensController] })
export class PaymentsGateModule {}
