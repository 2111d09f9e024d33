import { Field, ID, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../kit/connection';
import { DateTime } from '../kit/scalars';
import { MachineType } from '../machines/machine.type';

@ObjectType('ApiKeySecret', {
  description: 'A secret of an API key, of which no more can be shown than its beginning.',
})
export class ApiKeySecretType {
  @Field(() => String, { description: 'How it begins.' })
  prefix!: string;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it ends, for another one took its place; null for the present one.',
  })
  endsAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was used last, to the minute.',
  })
  lastUsedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Where it was used from then.' })
  lastUsedAddress!: string | null;
}

@ObjectType('ApiKey', { description: 'A machine that shows a secret with each request.' })
export class ApiKeyType extends MachineType {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => [String], {
    nullable: true,
    description: 'Addresses and CIDR ranges that it may come from; null stands for all.',
  })
  allowedIps!: string[] | null;

  @Field(() => DateTime, { nullable: true, description: 'When it ends; null is never.' })
  expiresAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Since when it is revoked, for ever.',
  })
  revokedAt!: Date | null;
}

export const ApiKeyConnection = connectionOf(ApiKeyType, 'ApiKey');

@ObjectType({ description: 'An API key with a secret that was made for it.' })
export class ApiKeyPayload {
  @Field(() => ApiKeyType, { description: 'As it is now.' })
  apiKey!: ApiKeyType;

  @Field(() => String, {
    description: 'For the header `Authorization: Bearer <secret>`. It is shown this once.',
  })
  secret!: string;
}
