import type { LoginMode } from '@app/auth';
import type { Permission } from '@app/core';
import { Field, ID, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../kit/connection';
import { LoginModeEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';

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
export class ServiceAccountType {
  @Field(() => ID, { description: 'The account_id.' })
  id!: string;

  @Field(() => String, { description: 'What operators call it.' })
  name!: string;

  @Field(() => [String], { description: 'What it may do, e.g. messages:send.' })
  scopes!: Permission[];

  @Field(() => [ID], {
    nullable: true,
    description: 'The only applications that it may touch; null stands for all.',
  })
  applicationIds!: number[] | null;

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

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When it was changed last.' })
  updatedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it logged in last.' })
  lastLoginAt!: Date | null;
}

export const ServiceAccountConnection = connectionOf(ServiceAccountType, 'ServiceAccount');
