import type { ApnsEnvironment } from '@app/push';
import { Field, ID, InputType, Int } from '@nestjs/graphql';
import { ApnsEnvironmentEnum } from '../kit/enums';
import { NumericId } from '../../http/numeric-id';

@InputType({ description: 'A new application.' })
export class CreateApplicationInput {
  @Field(() => ID, {
    nullable: true,
    description: "A number, PowerAuth's appId; the next free one when absent.",
  })
  @NumericId()
  id?: number;

  @Field(() => String, { description: 'What operators call it; 1 to 200 characters.' })
  name!: string;
}

@InputType({
  description:
    "What the tokens of an application's users must say; what is absent does not matter from now on.",
})
export class UserTokensInput {
  @Field(() => String, { nullable: true, description: 'Their `iss`; up to 255 characters.' })
  issuer?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Their `aud`, alone or in a list; up to 255 characters.',
  })
  audience?: string | null;
}

@InputType({ description: 'Credentials for APNs.' })
export class ApnsCredentialInput {
  @Field(() => String, { description: 'Bundle id of the app, e.g. com.example.bank.' })
  bundle!: string;

  @Field(() => String, { description: "Apple's id of the key." })
  keyId!: string;

  @Field(() => String, { description: "Apple's id of the developer team." })
  teamId!: string;

  @Field(() => ApnsEnvironmentEnum, { description: 'Which APNs service the app builds use.' })
  environment!: ApnsEnvironment;

  @Field(() => String, { description: "The text of Apple's .p8 file." })
  privateKey!: string;
}

@InputType({ description: 'Credentials for FCM.' })
export class FcmCredentialInput {
  @Field(() => String, { description: 'Firebase project.' })
  projectId!: string;

  @Field(() => String, { description: "The text of the service account's JSON file." })
  serviceAccount!: string;
}

@InputType({ description: 'How fast an application may send. What is absent stays as it is.' })
export class LimitsInput {
  @Field(() => Int, {
    nullable: true,
    description: 'Messages per second to APNs, up to 1000000; 0 is unlimited.',
  })
  apnsPerSecond?: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Messages per second to FCM, up to 1000000; 0 is unlimited.',
  })
  fcmPerSecond?: number;
}
