import type { LoginMode } from '@app/auth';
import { Field, ID, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../kit/connection';
import { LoginModeEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';
import { MachineType } from '../machines/machine.type';

@ObjectType('LegacyLogin', { description: 'A login by the public key alone.' })
export class LegacyLoginType {
  @Field(() => DateTime, { description: 'When it was.' })
  at!: Date;

  @Field(() => String, { nullable: true, description: 'The address that it came from.' })
  address!: string | null;

  @Field(() => String, { nullable: true, description: 'What the client called itself.' })
  userAgent!: string | null;
}

@ObjectType('ServiceAccount', {
  description: "A machine that logs in at /auth/token, as PaymentsGate's service accounts do.",
})
export class ServiceAccountType extends MachineType {
  @Field(() => ID, { description: 'The account_id.' })
  id!: string;

  @Field(() => LoginModeEnum, { description: 'What it has to show.' })
  loginMode!: LoginMode;

  @Field(() => String, {
    nullable: true,
    description: 'Why its public key alone lets it in, or has to for a while.',
  })
  legacyReason!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Until when its public key alone lets it in.',
  })
  legacyUntil!: Date | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Addresses and CIDR ranges that it may come from; null stands for all.',
  })
  allowedIps!: string[] | null;

  @Field(() => DateTime, { nullable: true, description: 'When it ends; null is never.' })
  expiresAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Since when it is blocked.' })
  blockedAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'When it logged in last.' })
  lastLoginAt!: Date | null;
}

export const ServiceAccountConnection = connectionOf(ServiceAccountType, 'ServiceAccount');
