import { Field, ID, InputType } from '@nestjs/graphql';
import { NumericId } from '../../http/numeric-id';
import { DateTime } from '../kit/scalars';

@InputType({
  description: 'A new key, of one owner: a client, a service account or an application.',
})
export class AddKeyInput {
  @Field(() => ID, {
    nullable: true,
    description: 'The OAuth client whose assertions it verifies.',
  })
  clientId?: string;

  @Field(() => ID, { nullable: true, description: 'The service account that it belongs to.' })
  serviceAccountId?: string;

  @Field(() => ID, { nullable: true, description: 'The application whose users it verifies.' })
  @NumericId()
  applicationId?: number;

  @Field(() => String, {
    description:
      'An X.509 certificate, or a public key as SPKI or PKCS#1, in PEM. RSA from 2048 bits.',
  })
  publicKey!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "The kid that tokens may name it by, unique among the owner's; made of its fingerprint when absent.",
  })
  kid?: string;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description?: string;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether it is in use at once; so when absent.',
  })
  enabled?: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description: "When it ends; of a certificate at most the certificate's own end.",
  })
  notAfter?: Date;
}
