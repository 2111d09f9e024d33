import type { PublicKey } from '@app/keys';
import { Field, ID, ObjectType } from '@nestjs/graphql';
import { KeySourceEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';

@ObjectType('PublicKey', {
  description:
    "A key that verifies callers. Its text can't be read back; the fingerprint tells it.",
})
export class PublicKeyType {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => String, { description: 'The kid that tokens may name it by.' })
  kid!: string;

  @Field(() => String, { description: 'What it is for.' })
  description!: string;

  @Field(() => String, { description: 'The algorithm of the tokens that it verifies.' })
  algorithm!: string;

  @Field(() => KeySourceEnum, { description: 'What was uploaded.' })
  source!: PublicKey['source'];

  @Field(() => String, { description: "SHA-256 of the SPKI's DER, in hexadecimal." })
  fingerprint!: string;

  @Field(() => DateTime, { nullable: true, description: 'Of a certificate: from when it is good.' })
  notBefore!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Until when it is good; null is for ever.',
  })
  notAfter!: Date | null;

  @Field(() => Boolean, { description: 'Whether tokens that it signed are taken.' })
  enabled!: boolean;

  @Field(() => DateTime, { description: 'When it was added.' })
  createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it verified somebody last, to a minute.',
  })
  lastUsedAt!: Date | null;
}

@ObjectType('SigningKey', { description: 'A key with which Carillon signs its own tokens.' })
export class SigningKeyType {
  @Field(() => String, { description: 'Its name in tokens and in the JWKS.' })
  kid!: string;
}
