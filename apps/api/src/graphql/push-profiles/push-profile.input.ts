import type { PushProfileInput, SecretRotation, TimestampUnit } from '@app/applications';
import { Field, InputType, Int } from '@nestjs/graphql';
import { TimestampUnitEnum } from '../kit/enums';

@InputType({
  description:
    'How the app gets push sessions. What is absent has its default on a new profile and stays as it is on another.',
})
export class ConfigurePushProfileInput implements PushProfileInput {
  @Field(() => String, {
    description:
      "Names the application in the SDKs' URLs: 1 to 64 letters, digits, dots, underscores and hyphens.",
  })
  apiSpaceId!: string;

  @Field(() => String, { description: 'The iss of challenge tokens.' })
  issuer!: string;

  @Field(() => String, { description: 'The aud of challenge tokens, or one of them.' })
  audience!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What signs challenge tokens (HS256); one is made for a new profile when absent.',
  })
  sharedSecret?: string;

  @Field(() => String, {
    nullable: true,
    description: 'The claim of challenge tokens that names the user; by default sub.',
  })
  idClaim?: string;

  @Field(() => TimestampUnitEnum, {
    nullable: true,
    description: 'Which times challenge tokens may hold; by default AUTO.',
  })
  timestampUnit?: TimestampUnit;

  @Field(() => Int, {
    nullable: true,
    description: 'How long a session lives at most, from 60 to 2678400; by default 86400.',
  })
  sessionSeconds?: number;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether messages to an e-mail reach users who wrote it to their profiles themselves, which proves nothing; by default false: callers with devices:write link e-mails, and tokens that vouch for theirs.',
  })
  linksEmail?: boolean;
}

@InputType({ description: 'Another shared secret for a push profile.' })
export class RotatePushProfileSecretInput implements SecretRotation {
  @Field(() => String, { nullable: true, description: 'The new secret; one is made when absent.' })
  sharedSecret?: string;

  @Field(() => Int, {
    description: 'How long the present secret stays good, from 0 to 2678400 seconds.',
  })
  keepPreviousSeconds!: number;
}
