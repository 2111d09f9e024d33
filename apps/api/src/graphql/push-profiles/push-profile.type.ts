import type { TimestampUnit } from '@app/applications';
import { Field, Int, ObjectType } from '@nestjs/graphql';
import { TimestampUnitEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';

@ObjectType('PushProfile', {
  description: "How the app of an application gets push sessions. Its secrets can't be read back.",
})
export class PushProfileType {
  @Field(() => String, { description: "Names the application in the SDKs' URLs." })
  apiSpaceId!: string;

  @Field(() => String, { description: 'The iss of challenge tokens.' })
  issuer!: string;

  @Field(() => String, { description: 'The aud of challenge tokens, or one of them.' })
  audience!: string;

  @Field(() => String, { description: 'The claim of challenge tokens that names the user.' })
  idClaim!: string;

  @Field(() => TimestampUnitEnum, { description: 'Which times challenge tokens may hold.' })
  timestampUnit!: TimestampUnit;

  @Field(() => Int, { description: 'How long a session lives at most, in seconds.' })
  sessionSeconds!: number;

  @Field(() => Boolean, {
    description:
      'Whether messages to an e-mail reach users who wrote it to their profiles themselves.',
  })
  linksEmail!: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Until when the secret before the present one is good; null when there is none.',
  })
  previousSecretUntil!: Date | null;

  @Field(() => DateTime, { description: 'When it was changed.' })
  updatedAt!: Date;
}

@ObjectType({ description: 'A push profile that was changed.' })
export class PushProfilePayload {
  @Field(() => PushProfileType, { description: 'As it is now.' })
  profile!: PushProfileType;

  @Field(() => String, {
    nullable: true,
    description: 'The shared secret that was made. It is shown this once.',
  })
  sharedSecret?: string;

  @Field(() => String, {
    nullable: true,
    description:
      'What is wrong with the shared secret that was given, which is in use all the same.',
  })
  warning?: string;
}
